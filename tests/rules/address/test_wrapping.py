"""Addresses inside addresses are found, however they are written, and mere mentions are not."""

from __future__ import annotations

import base64
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.address import AddressError, parse, wrapped
from rules.address.wrapping import DEPTH, MOST, is_host

INNER = "https://www.in-side.com/page?x=1"
THRICE = quote(quote(quote(INNER, ""), ""), "")
CODED = base64.b64encode(INNER.encode()).decode()
BARE_CODED = base64.urlsafe_b64encode(b"www.in-side.com").decode()
FORMS = {
    # translators
    "google host": "https://www-in--side-com.translate.goog/page?_x_tr_sl=en",
    "google host with a prefix": "https://0-www-in--side-com.translate.goog/?_x_tr_enc=0",
    "google host, beginning apart": "https://in--side-com.translate.goog/?_x_tr_hp=www.&_x_tr_sl=en",
    "google": f"https://translate.google.com/translate?sl=auto&tl=en&u={quote(INNER, '')}",
    "google, bare": "https://translate.google.de/website?u=www.in-side.com",
    "google content": f"https://translate.googleusercontent.com/translate_c?u={INNER}",
    "bing": f"https://www.bing.com/translator?to=de&url={quote(INNER, '')}",
    "translatetheweb": f"https://www.translatetheweb.com/?a={quote(INNER, '')}",
    "translatetheweb, bare": "https://www.translatetheweb.com/?a=www.in-side.com",
    "yandex": "https://translate.yandex.com/translate?url=www.in-side.com&lang=de",
    "yandex page": "https://translated.turbopages.org/proxy_u/en-ru.ru.1a2b/https/www.in-side.com/page",
    "baidu": "https://fanyi.baidu.com/transpage?query=www.in-side.com",
    # archives and caches
    "wayback": f"https://web.archive.org/web/20200101000000/{INNER}",
    "wayback, bare": "https://web.archive.org/web/2020/www.in-side.com/page",
    "wayback, one slash": "https://web.archive.org/web/2020if_/https:/www.in-side.com/",
    "wayback, no slash": "https://web.archive.org/web/2020/http:www.in-side.com",
    "wayback, encoded": f"https://web.archive.org/web/2020/{quote(INNER, '')}",
    "wayback, encoded twice": f"https://web.archive.org/web/2020/{quote(quote(INNER, ''), '')}",
    "wayback, every day": "https://web.archive.org/web/*/www.in-side.com*",
    "wayback, every day and page": "https://web.archive.org/web/2020*/http://www.in-side.com*",
    "bing cache": "https://cc.bingj.com/cache.aspx?q=www.in-side.com&d=1",
    "wayback, save": "https://web.archive.org/save/http://www.in-side.com",
    "wayback, available": "https://archive.org/wayback/available?url=www.in-side.com",
    "archive.today": "https://archive.ph/newest/https://www.in-side.com/",
    "archive.today, bare": "https://archive.is/o/AbCd/www.in-side.com",
    "portuguese": "https://arquivo.pt/wayback/2020/http://www.in-side.com",
    "google cache": "https://webcache.googleusercontent.com/search?q=cache:www.in-side.com",
    "google cache with a key": f"https://webcache.googleusercontent.com/search?q=cache:AbCdEfGhIjKl:{INNER}+w",
    "google search cache": "https://www.google.com/search?q=cache:www.in-side.com/page",
    # AMP
    "amp": "https://www.google.com/amp/s/www.in-side.com/page",
    "amp, national": "https://www.google.co.uk/amp/www.in-side.com",
    "amp cache": "https://www-in--side-com.cdn.ampproject.org/c/s/www.in-side.com/page",
    "amp cache, old": "https://cdn.ampproject.org/v/s/www.in-side.com",
    "amp cache, host alone": "https://www-in--side-com.cdn.ampproject.org/",
    "bing amp": "https://www-in--side-com.bing-amp.com/c/s/www.in-side.com",
    # redirects
    "google link": f"https://www.google.com/url?q={INNER}&sa=D",
    "google link, bare": "https://www.google.com/url?sa=t&q=www.in-side.com",
    "youtube": f"https://www.youtube.com/redirect?q={quote(INNER, '')}",
    "facebook": f"https://l.facebook.com/l.php?u={quote(INNER, '')}&h=x",
    "duckduckgo": f"https://duckduckgo.com/l/?uddg={quote(INNER, '')}",
    "yahoo": f"https://r.search.yahoo.com/_ylt=A/RV=2/RU={quote(INNER, '')}/RK=2/RS=x",
    "bing link": f"https://www.bing.com/ck/a?p=1&u=a1{CODED}&ntb=1",
    "steam": "https://steamcommunity.com/linkfilter/?url=www.in-side.com",
    "vk": "https://vk.com/away.php?to=https%3A%2F%2Fwww.in-side.com",
    "href.li": f"https://href.li/?{INNER}",
    "href.li, bare": "https://href.li/?www.in-side.com",
    "safelinks": f"https://nam.safelinks.protection.outlook.com/?url={quote(INNER, '')}&data=x",
    "proofpoint 2": "https://urldefense.proofpoint.com/v2/url?u=https-3A__www.in-2Dside.com_page&d=D",
    "proofpoint 3": "https://urldefense.com/v3/__https://www.in-side.com__;!!key$",
    "any site, url": f"https://anything.example/go?url={INNER}",
    "any site, u": f"https://anything.example/?u={INNER}",
    "any site, unknown name": f"https://anything.example/?zz9={INNER}",
    "any site, no scheme": "https://anything.example/?next=//www.in-side.com/",
    "any site, bare": "https://anything.example/?redirect=www.in-side.com:443/x",
    "any site, backslashes": "https://anything.example/?url=https:\\\\www.in-side.com",
    "any site, capitals": "https://anything.example/?URL=HTTPS://WWW.IN-SIDE.COM/",
    "any site, user": "https://anything.example/?url=https://a:b@www.in-side.com/",
    "any site, encoded three times": f"https://anything.example/?url={THRICE}",
    "any site, ideographic dots": "https://anything.example/?url=www。in-side。com",
    "any site, whole query": f"https://anything.example/?{INNER}",
    "any site, path": f"https://anything.example/fetch/{INNER}",
    "any site, folder": "https://anything.example/cache/www.in-side.com/page",
    "any site, folder alone": "https://anything.example/proxy/www.in-side.com",
    "any site, folder and date": "https://anything.example/Cache/2026/s/www.in-side.com/page",
    "any site, folder and encoded": "https://anything.example/relay/www%2Ein-side%252Ecom/",
    "any site, folder and one date": "https://anything.example/cache/2026/www.in-side.com/page",
    "any site, folder and encoded twice": "https://anything.example/relay/www%252Ein-side%252Ecom/",
    "any site, path encoded twice": f"https://anything.example/fetch/{quote(quote(INNER, ''), '')}",
    "any site, unknown name, encoded": f"https://anything.example/?zz9={quote(INNER, '')}",
    "google, old page converter": "https://www.google.com/gwt/x/www.in-side.com",
    "any site, scheme as a folder": "https://anything.example/a/https/www.in-side.com/page",
    "any site, hyphens": "https://www-in--side-com.relay.example/",
    "any site, hyphens not doubled": "https://www-in--side-com.a.b.relay.example/x",
    # proxies
    "base64": f"https://anything.example/browse.php?u={CODED}&b=4",
    "base64 of a bare host": f"https://anything.example/?url={BARE_CODED}",
    "base64 in the path": f"https://anything.example/p/{base64.urlsafe_b64encode(INNER.encode()).decode()}",
    "rot13": "https://anything.example/index.php?q=uggcf://jjj.va-fvqr.pbz",
    "hexadecimal": f"https://anything.example/?u={INNER.encode().hex()}",
    "CGIProxy": "https://anything.example/nph-proxy.cgi/en/00/https/www.in-side.com/page",
    "cors-anywhere": "https://cors-anywhere.herokuapp.com/www.in-side.com/page",
    "corsproxy": f"https://corsproxy.io/?{quote(INNER, '')}",
    "photon": "https://i0.wp.com/www.in-side.com/a.jpg?w=9",
    "weserv": "https://images.weserv.nl/?url=www.in-side.com/a.jpg",
    "text reader": f"https://r.jina.ai/{INNER}",
    "text reader, bare": "https://12ft.io/www.in-side.com",
    "validator": "https://validator.w3.org/nu/?doc=https%3A%2F%2Fwww.in-side.com",
    "below a proxy": "https://www.in-side.com.mcas.ms/",
    "coral": "http://www.in-side.com.nyud.net:8080/",
}


def hosts(text: str) -> list[str]:
    return [one.host for one in wrapped(parse(text))]


@pytest.mark.parametrize("form", FORMS)
def test_the_wrapped_address_is_found(form: str) -> None:
    assert "www.in-side.com" in hosts(FORMS[form])


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://app.192.0.2.7.nip.io/", "192.0.2.7"),
        ("http://192-0-2-7.sslip.io/", "192.0.2.7"),
        ("http://c0000207.nip.io/", "192.0.2.7"),
        ("http://2001-db8--7.sslip.io/", "2001:db8::7"),
        ("http://[64:ff9b::192.0.2.7]/", "192.0.2.7"),
        ("http://[64:ff9b:1::192.0.2.7]/", "192.0.2.7"),
        ("http://[::ffff:0:192.0.2.7]/", "192.0.2.7"),
        ("http://[2001:db8::5efe:192.0.2.7]/", "192.0.2.7"),
        ("http://[2001:db8::200:5efe:192.0.2.7]/", "192.0.2.7"),
        ("http://[2002:c000:207::1]/", "192.0.2.7"),
        ("http://[2001:0:c000:201::3fff:fdf8]/", "192.0.2.7"),
        ("http://[::192.0.2.7]/", "192.0.2.7"),
        ("https://anything.example/?url=192.0.2.7/x", "192.0.2.7"),
        (
            "https://duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion.ly/",
            "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion",
        ),
        ("https://xn--bcher-de-65a.cdn.ampproject.org/", "xn--bcher-kva.de"),
    ],
)
def test_what_stands_in_the_host_is_found(text: str, host: str) -> None:
    assert host in hosts(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://www.example.com/",
        "https://www.example.com/watch?v=dQw4w9WgXcQ&list=PL1234567890&index=3",
        "https://duckduckgo.com/?q=is+www.in-side.com+safe",
        "https://www.google.com/search?q=www.in-side.com",
        "https://lite.duckduckgo.com/lite?q=www.in-side.com",
        "https://en.wikipedia.org/wiki/In-side.com",
        "https://anything.example/www.in-side.com/page",
        "https://anything.example/review/www.in-side.com",
        "https://anything.example/2026/www.in-side.com",
        "https://anything.example/cache/about/www.in-side.com",
        "https://anything.example/cachet/www.in-side.com",
        "https://anything.example/2026/www.in-side.com/cache",
        "https://anything.example/gwt/x/www.in-side.com",
        "https://anything.example/?zz9=www.in-side.com:443/x",
        "https://anything.example/about-www-in--side-com",
        "https://www-in--side-com.example/",
        "https://www-in--side-com1.relay.example/",
        "https://relay.www-in--side-com.example/",
        "https://anything.example/?ref=https://www.in-side.com/",
        "https://anything.example/?page=index.html",
        "https://anything.example/?url=..",
        "https://anything.example/?url=a..com",
        "https://anything.example/?u=http://",
        "https://2001-db8.example/",
        "https://x.nip.io/",
        "http://[2001:db8::1]/",
        "http://192.0.2.7/",
        "https://web.archive.org/",
        "https://xn--bcher-kva.x.translate.goog/x",
        "https://anything.example/?url=http%2525253A//a..b",
        f"https://anything.example/?url={'%' + '25' * 9}41",
        "https://anything.example/?u=aHR0c",
        "https://anything.example/?u=aHR0cDovL2FiY",
    ],
)
def test_a_mere_mention_wraps_nothing(text: str) -> None:
    assert "www.in-side.com" not in hosts(text)
    assert "in-side.com" not in hosts(text)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("http://[2001:db8::1]/", []),
        ("http://[::1]/", []),
        ("http://[::ff:ffff]/", []),
        ("http://[::100:0]/", ["1.0.0.0"]),
        ("http://[::1:192.0.2.7]/", []),
        ("http://anything.example/?url=plain", []),
    ],
)
def test_only_what_leads_to_another_place_is_taken_for_one(text: str, inner: list[str]) -> None:
    assert hosts(text) == inner


@pytest.mark.parametrize("length", range(1, 21))
def test_base64_of_any_length_is_read(length: int) -> None:
    host = f"{'a' * length}.in-side.com"
    coded = base64.b64encode(host.encode()).decode()
    assert hosts(f"https://anything.example/?url={coded}") == [host]
    assert hosts(f"https://anything.example/?url={coded.rstrip('=')}") == [host]


def test_a_hyphen_in_a_host_may_be_a_dot_or_not() -> None:
    found = hosts("https://old-news-co-uk.relay.example/")
    assert found[:3] == ["old.news.co.uk", "old-news-co.uk", "old-news.co.uk"]
    assert hosts("https://news-com.relay.example/") == ["news.com"]
    assert hosts("https://-com.relay.example/") == []
    assert hosts("https://xn--a-aaa-net.relay.example/") == []  # the hyphens are punycode's


def test_what_precedes_in_the_path_is_not_taken_for_the_host() -> None:
    assert hosts("https://a.example/cache/readme.txt/www.in-side.com/x") == []
    assert hosts("https://a.example/cache/www.in-side.com/proxy/b.com") == ["www.in-side.com", "b.com"]


def test_wrappers_in_wrappers_are_opened() -> None:
    text = INNER
    for outer in (
        "https://translate.google.com/translate?u=",
        "https://www.google.com/url?q=",
        "https://r.jina.ai/?url=",
    ):
        text = outer + quote(text, "")
    assert "www.in-side.com" in hosts(f"https://web.archive.org/web/2020/{text}")


def test_nesting_and_number_are_bounded() -> None:
    nested = INNER
    for _ in range(3 * DEPTH):
        nested = f"https://anything.example/{len(nested)}?url={nested}"
    assert len(wrapped(parse(nested))) <= MOST
    many = "&".join(f"u{n}=https://h{n}.example.com/" for n in range(1000))
    assert len(wrapped(parse(f"https://anything.example/?{many}"))) == MOST


def test_an_inner_address_is_told_once_and_never_the_outer_itself() -> None:
    assert hosts("https://a.com/?u=https://b.com/&v=https://b.com/&w=https://a.com/") == ["b.com", "a.com"]
    assert wrapped(parse("https://i0.wp.com/i0.wp.com")) == (parse("i0.wp.com"),)


@given(st.text(max_size=300))
def test_any_text_is_either_an_address_or_a_clean_error(text: str) -> None:
    for prefix in (
        "",
        "http://",
        "https://web.archive.org/",
        "https://a.com/?url=",
        "https://translate.goog/",
    ):
        try:
            address = parse(prefix + text)
        except AddressError:
            continue  # any other exception is what this test is for
        assert all(one.host for one in wrapped(address))


@pytest.mark.parametrize(
    "piece",
    [
        "http://",
        "%25",
        "a/",
        "?u=",
        "&",
        "aHR0c",
        "a.",
        "/https/",
        "-",
        "[",
        "\\",
        "@",
        "xn--",
        ".",
        "..a",
        "é.",
    ],
)
def test_a_hostile_length_costs_little_time(piece: str) -> None:
    began = time.process_time()
    for prefix in ("", "https://web.archive.org/x/", "https://a.com/?url="):
        try:
            wrapped(parse(prefix + piece * 30_000))
        except AddressError:
            continue
    assert time.process_time() - began < 5


@pytest.mark.parametrize("tail", ["", "!", "/..", "(", "%", "a"])
def test_dots_in_a_row_cost_no_time(tail: str) -> None:
    """An expression with two ways to read a dot took 3 s for 40 of them."""
    began = time.process_time()
    for prefix in ("?url=", "?u=x", "/cache/", "/https/", "/proxy/a"):
        wrapped(parse(f"https://anything.example{prefix}{'.' * 60}{tail}"))
    assert time.process_time() - began < 1


def test_a_host_needs_a_top_level_domain_that_exists() -> None:
    assert is_host("example.com/x")
    assert is_host("//user@example.com:80")
    assert not is_host("readme.txt")
    assert not is_host("plain")
    assert not is_host("a%zz.com.")
