"""Services that fetch other addresses: which hosts, and how they write the inner host into their own.

A table kept by hand; every line is a service that shows pages of others. Knows nothing of lists.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from .suffix import is_top

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .parsing import Address

# Hosts whose path or parameters carry a bare host: archives, readers, image and CORS proxies, translators.
PATH_HOSTS = frozenset(
    (  # noqa: SIM905 -- words in rows are read more easily than a column of quoted strings
        "web.archive.org wayback.archive.org wayback.archive-it.org web-beta.archive.org archive.org "
        "archive.today archive.ph archive.is archive.li archive.vn archive.fo archive.md archive.ec "
        "arquivo.pt webarchive.org.uk webarchive.nationalarchives.gov.uk web.archive.bibalex.org vefsafn.is "
        "timetravel.mementoweb.org megalodon.jp ghostarchive.org cachedview.nl cachedview.com "
        "webcache.googleusercontent.com translate.googleusercontent.com googleweblight.com "
        "translatetheweb.com microsofttranslator.com translated.turbopages.org turbopages.org "
        "z5h64q92x9.net translate.yandex.com translate.yandex.ru fanyi.baidu.com papago.naver.net "
        "translate.google.com translate.google.de translate.google.fr translate.google.es "
        "translate.google.it translate.google.pl translate.google.co.uk i0.wp.com i1.wp.com i2.wp.com "
        "i3.wp.com s.wordpress.com "
        "s0.wp.com images.weserv.nl wsrv.nl 12ft.io 1ft.io r.jina.ai outline.com txtify.it textise.net "
        "smry.ai removepaywall.com removepaywalls.com freedium.cfd corsproxy.io cors-anywhere.herokuapp.com "
        "cors.io api.allorigins.win api.codetabs.com thingproxy.freeboard.io crossorigin.me yacdn.org "
        "jsonp.afeld.me whateverorigin.org printfriendly.com validator.w3.org jigsaw.w3.org "
        "href.li anon.to anonym.to anonymz.com dereferer.me dereferer.org nullrefer.com hidereferrer.com "
        "url.rip proxy.duckduckgo.com external-content.duckduckgo.com safelinks.protection.outlook.com "
        "urldefense.com urldefense.proofpoint.com linkprotect.cudasvc.com slack-redir.net out.reddit.com "
        "l.facebook.com lm.facebook.com l.instagram.com l.messenger.com t.umblr.com hghltd.yandex.net "
        "cc.bingj.com yandexwebcache.net image.thum.io api.microlink.io frogfind.com "
        "croxyproxy.com proxysite.com hidester.com kproxy.com proxyium.com blockaway.net 4everproxy.com "
        "megaproxy.com hide.me zend2.com filterbypass.me genmirror.com proxyscrape.com"
    ).split()
)
# Parameters that hold where to go; a bare host in one of them counts.
REDIRECT = frozenset(
    (  # noqa: SIM905 -- see above
        "url u uri link links target dest destination redirect redirect_uri redirect_url redirecturl "
        "redirecturi redir redirect_to redirectto rurl return returnurl return_url return_to returnto next "
        "nexturl continue goto go to out outurl away exit jump view page site web website webpage "
        "domain host addr address "
        "location loc href src image img imgurl imgrefurl imageurl file feed rss load open fetch quest "
        "proxy proxyurl fwd forward checkout_url callback callbackurl success_url cburl backurl back_url "
        "strurl adurl murl ourl vurl surl durl lurl purl turl furl uddg doc source_url canonical_url "
        "original_url orig_url origurl mirror surf browse visit ru to_url tourl r z"
    ).split()
)
# Folders after which a path goes on with what is fetched: `/cache/example.com/page`.
FOLDERS = frozenset(
    (  # noqa: SIM905 -- see above
        "cache cached proxy proxied proxify webproxy relay relayed browse fetch get load visit go goto out "
        "away exit jump redirect redir open url link http https mirror mirrors translate translated unblock "
        "unblocked unblocker surf cors bypass tunnel gateway render reader amp anon anonymous"
    ).split()
)
# Parameters that only quote where someone came from.
QUOTING = frozenset(
    ("ref", "referer", "referrer", "origin", "utm_source", "utm_content", "http_referer", "dl", "dr")
)

# Names that lead to the IP address written in them.
IP_HOSTS = ("nip.io", "sslip.io", "xip.io", "traefik.me", "1u.ms", "ip.dns.army")
# Proxies below whose name the inner host stands as it is.
BELOW = (
    "nyud.net",
    "mcas.ms",
    "us.mcas-gov.us",
    "rproxy.goskope.com",
    "translate.goog",
    "turbopages.org",
    "cdn.ampproject.org",
)
# Proxies that write the inner host as one label.
LABELLED = (
    "translate.goog",
    "cdn.ampproject.org",
    "bing-amp.com",
    "turbopages.org",
    "translatoruser.net",
    "cmle.ru",
)
SUFFIXES = (*LABELLED, *BELOW, *IP_HOSTS)
ONION = re.compile(r"(?:^|.*\.)([a-z2-7]{16}|[a-z2-7]{56})\.onion\.[a-z]+")
QUAD = re.compile(r"(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})$")
HEX = re.compile(r"(?:^|[.-])([0-9a-f]{8})$")
GOOGLE = re.compile(r"(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}")
AMP_HOSTS = (".cdn.ampproject.org", ".bing-amp.com", "cdn.ampproject.org", "amp.cloudflare.com")
AMP = re.compile(r"/(?:amp|gwt/[nx])/")
NAT64 = "64:ff9b::"


def is_amp(host: str, path: str) -> bool:
    """Tell whether an address is a page in an AMP cache or Google's old page converter."""
    return host.endswith(AMP_HOSTS) or bool(
        path.startswith(("/amp/", "/gwt/")) and AMP.match(path) and GOOGLE.fullmatch(host)
    )


def may_hold(host: str, ip: IPv4Address | IPv6Address | None) -> bool:
    """Tell in little time whether `inside_host` may give anything."""
    if ip is not None:
        return ip.version == 6
    return "-" in host or ".onion." in host or host.endswith(SUFFIXES)


def inside_host(address: Address) -> Iterator[str]:
    """Give the hosts that are written into a host.

    Args:
        address: the outer address.

    Yields:
        Hosts, as spelt; the caller judges whether they are any.
    """
    host = address.host
    if address.ip is not None:
        if isinstance(address.ip, IPv6Address) and (inner := _ipv4_inside(address.ip)):
            yield str(inner)
        return
    if not host.endswith(SUFFIXES):
        yield from _hyphenated(host)
        if ".onion." in host and (found := ONION.fullmatch(host)):
            yield f"{found[1]}.onion"
        return
    if host.endswith(LABELLED):
        for suffix in LABELLED:
            if host.endswith("." + suffix):
                yield from _unlabelled(host.removesuffix("." + suffix), address.query)
    if host.endswith(BELOW):
        yield from (host.removesuffix("." + suffix) for suffix in BELOW if host.endswith("." + suffix))
    if host.endswith(IP_HOSTS):
        yield from _ip_inside(host)


def _hyphenated(host: str) -> Iterator[str]:
    """Give what the first label of any host may be, read as a host with hyphens for its dots.

    A relay nobody knows writes `www-example-com.relay.example`. Which hyphen was a dot can't be seen:
    `old-news-co-uk` is read as `old.news.co.uk`, `old-news.co.uk` and `old-news-co.uk`.
    """
    label, _, rest = host.partition(".")
    before, _, top = label.rpartition("-")
    # Below a registered name only: the words of `old-news-live.com` are its owner's, and no host.
    if not before or "." not in rest or label.startswith("xn--") or not is_top(top):
        return
    spelt = before.replace("--", "\0")
    first, second, last = spelt.rpartition("-")
    readings = (spelt.replace("-", "."), spelt, f"{first}.{last}" if second else spelt)
    yield from (f"{name.replace('\0', '-')}.{top}" for name in dict.fromkeys(readings))


def _unlabelled(label: str, query: str) -> Iterator[str]:
    """Undo the writing of a host as one label: `-` for a dot, `--` for `-` (AMP caches, translators)."""
    spelt = label
    if spelt.startswith("xn--"):
        try:
            spelt = spelt[4:].encode().decode("punycode")
        except UnicodeError:
            return
    for text in dict.fromkeys((spelt, spelt[2:].removesuffix("-0") if spelt[:2] in {"0-", "1-"} else spelt)):
        host = text.replace("--", "\0").replace("-", ".").replace("\0", "-")
        yield host
        # Google leaves a long or odd beginning of the host to a parameter.
        yield from (f"{found}{host}" for found in re.findall(r"(?:^|&)_x_tr_hp=([^&]+)", query))


def _ip_inside(host: str) -> Iterator[str]:
    for suffix in IP_HOSTS:
        inner = host.removesuffix("." + suffix)
        if inner == host:
            continue
        if found := QUAD.search(inner):
            yield ".".join(found.groups())
        elif found := HEX.search(inner):
            yield str(IPv4Address(int(found[1], 16)))
        elif "-" in inner:
            yield f"[{inner.rpartition('.')[2].replace('-', ':')}]"


def _ipv4_inside(ip: IPv6Address) -> IPv4Address | None:
    """Give the IPv4 address behind an IPv6 address: NAT64, 6to4, Teredo, compatible."""
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    number = int(ip)
    # The well-known prefix of RFC 6052, the local one of RFC 8215, RFC 7915's translated form, ISATAP
    # (RFC 5214) and the IPv4-compatible form of RFC 4291 2.5.5.1.
    prefixes = {0x64FF9B << 64, 0x64FF9B0001 << 48, 0xFFFF0000}
    isatap = (number >> 32) & 0xFCFFFFFF == 0x5EFE
    if number >> 32 in prefixes or isatap or (number >> 32 == 0 and number > 0xFFFFFF):
        return IPv4Address(number & 0xFFFFFFFF)
    return None
