"""Each format reads its own lines: what they name, how far it reaches, and why other lines are skipped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.lists.entry import Covers, Kind, Refusal, Rule
from rules.lists.formats import FORMATS, looks_like

BOTH, NAME, BELOW = Covers.NAME_AND_BELOW, Covers.NAME, Covers.BELOW


def only(form: str, line: str, *, suffix: bool = False) -> Rule | Refusal:
    (found,) = FORMATS[form].read_line(line, suffix=suffix)
    return found


NAMES = [
    ("hosts", "0.0.0.0 bad.example.com", BOTH),
    ("hosts", "127.0.0.1\tbad.example.com # why", BOTH),
    ("hosts", "127.0.0.7 bad.example.com", BOTH),
    ("hosts", ":: BAD.Example.com.", BOTH),
    ("hosts", "::1%lo0 bad.example.com#glued", BOTH),
    ("domains", "bad.example.com", BOTH),
    ("domains", ".bad.example.com", BOTH),
    ("domains", "*.bad.example.com", BOTH),
    ("domains", "bad.example.com.   # why", BOTH),
    ("wildcard", "*.bad.example.com", BOTH),
    ("adblock", "||bad.example.com^", BOTH),
    ("adblock", "||bad.example.com", BOTH),
    ("adblock", "||bad.example.com^*", BOTH),
    ("adblock", "||bad.example.com/", BOTH),
    ("adblock", "||bad.example.com^$all,document", BOTH),
    ("adblock", "||bad.example.com^$dnsrewrite=NXDOMAIN;;", BOTH),
    ("adblock", "||bad.example.com^$dnsrewrite=NOERROR;A;0.0.0.0", BOTH),
    ("adblock", "bad.example.com", BOTH),
    ("adblock", "0.0.0.0 bad.example.com", BOTH),
    ("adblock", "|bad.example.com^", NAME),
    ("adblock", "|bad.example.com|", NAME),
    ("adblock", "|https://bad.example.com/", NAME),
    ("adblock", "http://bad.example.com/", NAME),
    ("adblock", "||*.bad.example.com^", BELOW),
    ("adblock", ".bad.example.com^", BELOW),
    ("rpz", "bad.example.com CNAME .", NAME),
    ("rpz", "bad.example.com 300 IN CNAME *.", NAME),
    ("rpz", "bad.example.com IN 1h CNAME rpz-drop. ; why", NAME),
    ("rpz", "bad.example.com A 0.0.0.0", NAME),
    ("rpz", "bad.example.com.rpz.local. CNAME .", NAME),
    ("rpz", "*.bad.example.com CNAME .", BELOW),
    ("dnsmasq", "server=/bad.example.com/", BOTH),
    ("dnsmasq", "local=/bad.example.com/ # why", BOTH),
    ("dnsmasq", "address=/bad.example.com/0.0.0.0", BOTH),
    ("dnsmasq", "address=/.bad.example.com/#", BOTH),
    ("unbound", 'local-zone: "bad.example.com." always_null', BOTH),
    ("unbound", "local-zone: bad.example.com redirect", BOTH),
    ("unbound", 'local-data: "bad.example.com A 0.0.0.0"', NAME),
    ("urls", "http://bad.example.com/", BOTH),
    ("urls", "bad.example.com", BOTH),
]


@pytest.mark.parametrize(("form", "line", "covers"), NAMES)
def test_a_name_and_its_reach(form: str, line: str, covers: Covers) -> None:
    assert only(form, line) == Rule("bad.example.com", Kind.NAME, covers)


OTHERS = [
    ("domains", "198.51.100.7", Rule("198.51.100.7/32", Kind.NETWORK, NAME)),
    ("domains", "198.51.100.9/25", Rule("198.51.100.0/25", Kind.NETWORK, NAME)),
    ("domains", "2001:db8:77::1", Rule("2001:db8:77::1/128", Kind.NETWORK, NAME)),
    ("hosts", "0.0.0.0 192.0.2.77", Rule("192.0.2.77/32", Kind.NETWORK, NAME)),
    ("adblock", "||198.51.100.7^", Rule("198.51.100.7/32", Kind.NETWORK, NAME)),
    ("adblock", "||198.51.100.0/24^", Rule("198.51.100.0/24", Kind.NETWORK, NAME)),
    ("rpz", "32.77.2.0.192.rpz-ip CNAME .", Rule("192.0.2.77/32", Kind.NETWORK, NAME)),
    ("rpz", "48.zz.77.db8.2001.rpz-ip CNAME .", Rule("2001:db8:77::/48", Kind.NETWORK, NAME)),
    ("rpz", "128.1.zz.rpz-ip CNAME .", Rule("::1/128", Kind.NETWORK, NAME)),
    ("urls", "example.com/~bad/%41?x", Rule("example.com/~bad/A?x", Kind.PATH)),
    ("urls", "https://[2001:db8::1]/x", Rule("[2001:db8::1]/x", Kind.PATH)),
    ("urls", "user.github.io/x", Rule("user.github.io/x", Kind.PATH)),
    ("adblock", "||example.com/bad^", Rule("example.com/bad", Kind.PATH, BOTH)),
    ("adblock", "||example.com/bad", Rule("example.com/bad", Kind.PATH, BOTH, begins=True)),
    ("adblock", "|https://example.com/bad|", Rule("example.com/bad", Kind.PATH, NAME)),
    ("adblock", "example.com/bad", Rule("example.com/bad", Kind.PATH, BOTH)),
    ("adblock", "||example.com/./", Rule("example.com", Kind.NAME, BOTH)),
    ("adblock", "@@||ok.example.com^", Rule("ok.example.com", exception=True)),
    ("adblock", "@@||co.uk^", Rule("co.uk", exception=True)),
    ("adblock", "||example.com^$important", Rule("example.com", important=True)),
    (
        "adblock",
        "||example.com^$denyallow=b.example.com|A.example.com",
        Rule("example.com", excluding=("a.example.com", "b.example.com")),
    ),
    ("adblock", "/^ads[0-9]+\\.example\\.com$/", Rule("^ads[0-9]+\\.example\\.com$", Kind.EXPRESSION, NAME)),
    ("adblock", "/bad##x/$important", Rule("bad##x", Kind.EXPRESSION, NAME, important=True)),
    (
        "adblock",
        "||bad*.example.com^",
        Rule(r"^(?:[^/?]*\.)?bad[^/?]*\.example\.com(?:[/?]|$)", Kind.EXPRESSION, NAME),
    ),
    (
        "adblock",
        "*bad.example.com^",
        Rule(r"^(?:[^/?]*\.)?[^/?]*bad\.example\.com(?:[/?]|$)", Kind.EXPRESSION, NAME),
    ),
    (
        "adblock",
        "||example.com/*/bad^",
        Rule(r"^(?:[^/?]*\.)?example\.com/.*/bad(?:[^\w.%-]|$)", Kind.EXPRESSION, NAME),
    ),
    ("adblock", "|example.*", Rule(r"^example\.[^/?]*", Kind.EXPRESSION, NAME)),
    ("adblock", "|exam*ple.com", Rule(r"^exam[^/?]*ple\.com[^/?]*", Kind.EXPRESSION, NAME)),
    (
        "rpz",
        "ok.example.com CNAME rpz-passthru.",
        Rule("ok.example.com", covers=NAME, exception=True, nearest=True),
    ),
    ("dnsmasq", "server=/ok.example.com/#", Rule("ok.example.com", exception=True, nearest=True)),
    (
        "unbound",
        'local-zone: "ok.example.com." transparent',
        Rule("ok.example.com", exception=True, nearest=True),
    ),
    ("expressions", "(casino|poker)[0-9]*\\.", Rule("(casino|poker)[0-9]*\\.", Kind.EXPRESSION, NAME)),
]


@pytest.mark.parametrize(("form", "line", "rule"), OTHERS)
def test_networks_paths_exceptions_and_expressions(form: str, line: str, rule: Rule) -> None:
    assert only(form, line) == rule


REFUSED = [
    ("hosts", "0.0.0.0", "no-name"),
    ("hosts", "bad.example.com", "no-sink-address"),
    ("hosts", "192.0.2.10 example.com", "redirect-to-an-address"),
    ("hosts", "ff02::1 ip6-allnodes", "local-name"),
    ("hosts", "0.0.0.0 0.0.0.0", "local-name"),
    ("hosts", "0.0.0.0 localhost", "local-name"),
    ("hosts", "0.0.0.0 http://example.com/x", "url-in-place-of-name"),
    ("domains", "http://example.com", "url-in-place-of-name"),
    ("domains", "example.com/x", "path-in-place-of-name"),
    ("domains", "me@example.com", "user-in-place-of-name"),
    ("domains", "two words.example.com", "blank-inside-name"),
    ("domains", "a..example.com", "empty-label"),
    ("domains", ".", "empty-label"),
    ("domains", "a*.example.com", "wildcard-inside-name"),
    ("domains", "a%zz.example.com", "malformed-name"),
    ("domains", "example.com:80", "port-in-line"),
    ("domains", "10.0.0.0/7", "network-too-broad"),
    ("domains", "10.0.0.0/33", "malformed-network"),
    ("domains", "0x7f.1", "number-as-name"),
    ("domains", f"{'a' * 64}.example.com", "name-too-long"),
    ("domains", "com", "public-suffix"),
    ("domains", "co.uk", "public-suffix"),
    ("domains", "*.github.io", "public-suffix"),
    ("domains", "plain-word", "single-label"),
    ("urls", "http://?x", "no-host"),
    ("urls", "a..b/x", "malformed-address"),
    ("urls", "word/x", "single-label"),
    ("adblock", "bad.example.com##.ad", "cosmetic-rule"),
    ("adblock", "##.ad", "cosmetic-rule"),
    ("adblock", "||example.com^$third-party", "only-for-some:third-party"),
    ("adblock", "||example.com^$~third-party,script", "only-for-some:third-party"),
    ("adblock", "||example.com^$dnsrewrite=NOERROR;CNAME;safe.example.com", "only-for-some:dnsrewrite"),
    ("adblock", "||example.com^$badfilter", "disables-a-rule"),
    ("adblock", "||example.com ^", "blank-inside-name"),
    ("adblock", "||example.com:8080^", "port-in-line"),
    ("adblock", "||a..example:^", "empty-label"),
    ("adblock", "||^", "names-nothing"),
    ("adblock", "*$important", "names-nothing"),
    ("adblock", "||a*.b^", "pattern-too-broad"),
    ("adblock", "||*^bad", "pattern-too-broad"),
    ("adblock", "-banner-", "unanchored-pattern"),
    ("adblock", "&ad_id=", "unanchored-pattern"),
    ("adblock", "||com^", "public-suffix"),
    ("adblock", "||com/./", "public-suffix"),
    ("adblock", "||a..b/x", "malformed-address"),
    ("adblock", "/(a)\\1/", "expression-not-linear"),
    ("adblock", "/.*/", "matches-everything"),
    ("adblock", "/./", "matches-everything"),
    ("rpz", "what", "malformed-record"),
    ("rpz", "example.com WHAT x", "malformed-record"),
    ("rpz", "24.0.2.0.192.rpz-client-ip CNAME .", "trigger-not-for-addresses"),
    ("rpz", "example.com CNAME rpz-tcp-only.", "only-another-transport"),
    ("rpz", "example.com CNAME safe.example.net.", "redirect-to-a-name"),
    ("rpz", "example.com A 192.0.2.1", "redirect-to-an-address"),
    ("rpz", "*.com CNAME .", "public-suffix"),
    ("rpz", "99.1.rpz-ip CNAME .", "malformed-network"),
    ("dnsmasq", "server=/example.com/192.0.2.1", "forwards-to-a-server"),
    ("dnsmasq", "address=/example.com/192.0.2.1", "redirect-to-an-address"),
    ("dnsmasq", "WHAT IS THIS", "malformed-setting"),
    ("dnsmasq", "server=/com/", "public-suffix"),
    ("unbound", 'local-zone: "example.com" what', "malformed-setting"),
    ("unbound", 'local-data: "example.com A 192.0.2.1"', "redirect-to-an-address"),
    ("unbound", "WHAT IS THIS", "malformed-setting"),
    ("expressions", "(a", "expression-not-linear"),
    ("expressions", "a?", "matches-everything"),
    ("expressions", "a" * 5000, "expression-too-long"),
]


@pytest.mark.parametrize(("form", "line", "reason"), REFUSED)
def test_a_line_that_names_nothing_usable_has_its_reason(form: str, line: str, reason: str) -> None:
    assert only(form, line) == Refusal(reason)


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("hosts", "# x"),
        ("domains", "// x"),
        ("domains", "[Adblock]"),
        ("domains", "  # x"),
        ("urls", "# x"),
        ("adblock", "! x"),
        ("adblock", "[Adblock Plus 2.0]"),
        ("adblock", "# x"),
        ("rpz", "; x"),
        ("rpz", "$TTL 300"),
        ("rpz", "@ IN SOA localhost. root.localhost. ("),
        ("rpz", "  IN NS localhost."),
        ("rpz", "example.com NS ns.example.com."),
        ("dnsmasq", "# x"),
        ("dnsmasq", "bogus-priv"),
        ("unbound", "server:"),
        ("unbound", "# x"),
        ("unbound", "do-ip6: no"),
        ("expressions", "# x"),
    ],
)
def test_comments_and_statements_that_name_nothing_are_no_findings(form: str, line: str) -> None:
    assert FORMATS[form].read_line(line) == ()


def test_several_names_on_a_line_are_all_read() -> None:
    assert [one[0] for one in FORMATS["hosts"].read_line("0.0.0.0 a.example.com b.example.com com")] == [
        "a.example.com",
        "b.example.com",
        "public-suffix",
    ]
    assert len(FORMATS["dnsmasq"].read_line("server=/a.example.com/b.example.com/")) == 2


@pytest.mark.parametrize("form", ["hosts", "domains", "adblock", "rpz", "dnsmasq", "unbound", "urls"])
def test_public_suffixes_are_taken_where_they_are_asked_for(form: str) -> None:
    lines = {
        "hosts": "0.0.0.0 co.uk",
        "domains": "co.uk",
        "adblock": "||co.uk^",
        "rpz": "co.uk CNAME .",
        "dnsmasq": "server=/co.uk/",
        "unbound": 'local-zone: "co.uk" static',
        "urls": "http://co.uk/",
    }
    assert isinstance(only(form, lines[form], suffix=True), Rule)


@pytest.mark.parametrize("form", FORMATS)
@given(
    line=st.text(
        st.sampled_from("||@@^$*/.#!:;=-_ \t\"'[]()abcexample.com0127:,~|%éX\\\x00\ud800"), max_size=60
    )
)
def test_any_line_is_read_without_a_crash(form: str, line: str) -> None:
    for one in FORMATS[form].read_line(line):
        assert isinstance(one, Rule | Refusal)


@pytest.mark.parametrize("form", FORMATS)
@given(line=st.text(max_size=80))
def test_any_text_is_read_without_a_crash(form: str, line: str) -> None:
    for one in FORMATS[form].read_line(line):
        assert isinstance(one, Rule | Refusal)
    looks_like(line)


@pytest.mark.parametrize(("form", "line", "covers"), [row for row in NAMES if row[0] != "expressions"])
def test_the_quick_way_reads_a_line_as_the_careful_way_does(form: str, line: str, covers: Covers) -> None:
    for shape in FORMATS[form].plain:
        (name,) = shape.search.findall(line)
        assert not name or (name, shape.covers) == ("bad.example.com", covers)
