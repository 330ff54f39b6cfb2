"""The ways a control can be wrong: one word each, and what a real filter did that was like it."""

from __future__ import annotations

from enum import StrEnum

from standard.words import Stand


class Fault(StrEnum):
    """What one control gets wrong. The flawless one has none."""

    WHOLE_HOSTS_ONLY = "whole-hosts-only"
    """Compares whole host names: `slip.live.bets.example` passes where `bets.example` is listed."""
    CASE_MATTERS = "case-matters"
    """Compares host names letter by letter: `BETS.example` passes."""
    TRAILING_DOT_PASSES = "trailing-dot-passes"
    """Does not know that `bets.example.` is `bets.example`."""
    PORT_IN_NAME = "port-in-name"
    """Compares the name with its port: `bets.example:8080` passes."""
    PATHS_IGNORED = "paths-ignored"
    """Knows hosts only: a listed path on an open host passes."""
    PATH_BLOCKS_HOST = "path-blocks-host"
    """Blocks the whole host where only a path is listed."""
    PATH_IS_PREFIX = "path-is-prefix"
    """Takes `/club` for the beginning of `/clubs-for-children`."""
    SUBSTRING = "substring"
    """Blocks every name that contains a listed word."""
    ADDRESS_SHARED = "address-shared"
    """Blocks every site on a blocked site's address."""
    HTTPS_PASSES = "https-passes"
    """Looks at plain HTTP only."""
    STATUS_200 = "status-200"
    """Serves its block page with status 200."""
    CACHEABLE = "cacheable"
    """Its block page may be kept by caches."""
    NO_REASON = "no-reason"
    """Its block page does not say why."""
    REFLECTS = "reflects"
    """Its block page shows the address as it came, markup and all."""
    THIRD_PARTY = "third-party"
    """Its block page loads a picture from elsewhere."""
    STALE_VERDICT = "stale-verdict"
    """Decides once a connection: what follows on a kept-alive one meets the first verdict."""
    OPEN_ON_CRASH = "open-on-crash"
    """Relays what its own code failed on."""
    LABELS_IGNORED = "labels-ignored"
    """Does not read age labels."""
    QUOTED_LABEL = "quoted-label"
    """Takes a label quoted in the text for a label."""
    SAFE_SEARCH_FORGOTTEN = "safe-search-forgotten"
    """Leaves searches as they are."""
    BAD_CERTIFICATES_ACCEPTED = "bad-certificates-accepted"
    """Does not verify the certificates of sites."""
    WILDCARDS_REFUSED = "wildcards-refused"
    """Compares certificate names letter by letter: a site with a wildcard certificate does not load."""
    OPEN_TO_HOME = "open-to-home"
    """Lets its clients reach loopback, private and metadata addresses through it."""
    DOH_PASSES = "doh-passes"
    """Knows no DNS over HTTPS."""
    RELAYS_UNKNOWN = "relays-unknown"
    """Does not look for an address inside an address."""
    FRONTING_PASSES = "fronting-passes"
    """Decides by the request line or the tunnel, and passes on a Host header that names another site."""
    HELP_BLOCKED = "help-blocked"
    """Blocks help services when their category is blocked."""
    WEBSOCKET_PASSES = "websocket-passes"
    """Lets upgrades through unchecked."""
    COMPRESSED_PASSES = "compressed-passes"
    """Does not decode a body before it reads labels."""

    REDIRECTS_FOLLOWED = "redirects-followed"
    """Follows redirects itself and hands over their end, unlooked at."""
    REFERER_TRUSTED = "referer-trusted"
    """Lets through whatever an allowed page says it holds."""
    HEADERS_STRIPPED = "headers-stripped"
    """Hands on the headers it knows and drops the rest, those that protect the reader among them."""
    LOOKS_INTO_BANKS = "looks-into-banks"
    """Decrypts banks, health and government like everything else."""
    STRANGERS_BLOCKED = "strangers-blocked"
    """Blocks names it takes for made up, and number addresses, although it says it allows the unknown."""
    IPV6_FORGOTTEN = "ipv6-forgotten"
    """Reaches no site that has only IPv6 addresses."""
    CODING_LOST = "coding-lost"
    """Hands on compressed bodies without saying that they are."""
    REBINDING_PASSES = "rebinding-passes"
    """Checks the address in the request, not the one that its name leads to."""
    SPELLED_NUMBERS = "spelled-numbers"
    """Knows addresses in one spelling only: 2130706433 passes for a name."""
    QUERY_FORGOTTEN = "query-forgotten"
    """Compares paths without their query: a listed query can't be told from an open one."""
    NO_ELEMENTS_IN_JSON = "no-elements-in-json"
    """Answers a request for data with an empty block."""
    CHANGES_WAIT_FOR_RESTART = "changes-wait-for-restart"
    """Reads its settings once, when it starts."""
    CHANGES_SPARE_OPEN_CONNECTIONS = "changes-spare-open-connections"
    """Applies a change to new connections only."""
    MIDNIGHT_FORGOTTEN = "midnight-forgotten"
    """Ends a window that goes on past midnight at midnight."""
    ZONE_FORGOTTEN = "zone-forgotten"
    """Reads the hours of a schedule as UTC."""
    DAYS_FORGOTTEN = "days-forgotten"
    """Applies a window of some days on every day."""
    SECRETS_KEPT = "secrets-kept"
    """Writes whole addresses into its journal, query and all."""
    HELP_IN_JOURNAL = "help-in-journal"
    """Writes visits to help services into its journal."""
    RECORDS_WITHOUT_RULE = "records-without-rule"
    """Writes down that it blocked, and not why."""
    GARBAGE_TAKEN = "garbage-taken"
    """Puts whatever its list's source answers in the list's place."""
    OPEN_WHEN_KILLED = "open-when-killed"
    """Has a watchdog that keeps the internet working when the filter is gone."""
    OPEN_AFTER_PORT_RACE = "open-after-port-race"
    """Waits in an emergency mode where its port is taken, and stays in it."""
    OPEN_ON_FULL_DISK = "open-on-full-disk"
    """Lets pass what it can't write down."""
    OPEN_ON_BROKEN_SETTINGS = "open-on-broken-settings"
    """Takes settings that it can't read for none at all."""
    OPEN_IN_OTHER_YEARS = "open-in-other-years"
    """Believes its licence to have run out, and filters nothing."""
    OPEN_WHEN_CROWDED = "open-when-crowded"
    """Relays unlooked at what comes while every place is taken by connections that say nothing."""
    FILES_OPEN_TO_ALL = "files-open-to-all"
    """Keeps its settings, lists and journal where every account of the machine can write."""
    OPEN_WITHOUT_HELPER = "open-without-helper"
    """Takes the silence of its matching helper for yes."""
    OPEN_WITHOUT_LISTS = "open-without-lists"
    """Blocks nothing when its lists are gone, and says nothing."""
    OPEN_WHILE_STARTING = "open-while-starting"
    """Serves everything in its first moments."""
    OPEN_UNDER_LOAD = "open-under-load"
    """Relays unlooked at what it has no time to look at."""
    SLOW = "slow"
    """Takes a moment over every request."""
    SLOW_AT_TIMES = "slow-at-times"
    """Takes a long moment over one request in eight."""

    HTTP2_PASSES = "http2-passes"
    """Looks into HTTP/1.1 and hands on HTTP/2 unlooked at."""
    ANY_PORT_TUNNELLED = "any-port-tunnelled"
    """Opens tunnels to every port, and looks into none but those to the ports of TLS."""
    OWN_PARENT_WINS = "own-parent-wins"
    """Of the family's own entries the one for the parent domain speaks, not the one for the host."""
    OWN_ALLOW_WEAK = "own-allow-weak"
    """Lets a category win over the family's own allow list."""
    OVERRIDE_WIDE = "override-wide"
    """An override for one host opens its whole category."""
    OVERRIDE_STAYS = "override-stays"
    """An override never ends."""
    HELP_CLOSED = "help-closed"
    """Bedtime, pause, spent minutes and the allow list close help services with everything else."""
    WWW_FORGOTTEN = "www-forgotten"
    """Closes a service's own host and leaves those below it open."""
    REPORTS_CLOSED = "reports-closed"
    """Closes a service's report and help pages with the service."""

    WORDS_BLOCK = "words-block"
    """Blocks whatever holds a word of self-harm, the pages that help among it."""
    ENGINES_LEFT = "engines-left"
    """Forces the engines that have a safe mode and forgets those that have none."""
    PREFERS_SAFE = "prefers-safe"
    """Tells every site that a child is here, without being asked to."""
    CLOUD_FIRST = "cloud-first"
    """Asks its maker's cloud about fraud before it answers, and waits for it."""
    OLD_TLS_SPOKEN = "old-tls-spoken"
    """Speaks TLS 1.2 to its clients whatever they can do, and fetches from origins that know TLS 1.1 only."""

    AAAA_LEFT_OPEN = "aaaa-left-open"
    """Blocks A records and forwards AAAA, as dnsmasq's `address=/name/0.0.0.0` does."""
    OTHER_TYPES_TOLD = "other-types-told"
    """Blocks A and AAAA; HTTPS, SVCB, CNAME and TXT records are told."""
    ECH_LEFT = "ech-left"
    """Takes the addresses out of HTTPS records and leaves what hides the name."""
    TCP_PASSES = "tcp-passes"
    """Filters what comes by UDP only."""
    IPV6_LISTENER_OPEN = "ipv6-listener-open"
    """Filters what comes to its IPv4 address only."""
    EDNS_CONFUSES = "edns-confuses"
    """Forwards queries with options or the DO bit as they are."""
    CLOAKS_UNSEEN = "cloaks-unseen"
    """Looks at the name asked for, not at the name its alias leads to."""
    CANARY_ANSWERED = "canary-answered"
    """Answers the opt-out names with 0.0.0.0, which switches encrypted DNS on."""
    OPT_OUTS_UNKNOWN = "opt-outs-unknown"
    """Knows no opt-out names."""
    LONG_LIVED = "long-lived"
    """Hands out lifetimes of a day as they come."""

    DATAGRAMS_ROUTED = "datagrams-routed"
    """Redirects TCP and routes datagrams on: QUIC on port 443 goes past it."""
    PORT_853_PASSES = "port-853-passes"
    """Redirects DNS in clear and lets DNS over TLS through."""
    OTHER_RESOLVERS_ANSWER = "other-resolvers-answer"
    """Filters what is asked of itself and routes queries to other resolvers on."""
    ODD_PORTS_UNGUARDED = "odd-ports-unguarded"
    """Redirects ports 80 and 443 and routes the rest on."""
    IPV6_UNGUARDED = "ipv6-unguarded"
    """Redirects IPv4 and routes IPv6 on."""


class Sham(StrEnum):
    """Controls that are no filter at all; failing on them proves nothing about a case."""

    ALLOWS_EVERYTHING = "allows-everything"
    BLOCKS_EVERYTHING = "blocks-everything"
    IS_DOWN = "is-down"
    ANSWERS_GARBAGE = "answers-garbage"
    HANGS = "hangs"
    REMEMBERS_A_LAB = "remembers-a-lab"
    """A flawless filter for the sites of one lab it has seen, and nothing anywhere else."""


_BY_NAME = frozenset({
    Fault.WHOLE_HOSTS_ONLY, Fault.CASE_MATTERS, Fault.SUBSTRING, Fault.ADDRESS_SHARED, Fault.HELP_BLOCKED,
    Fault.STRANGERS_BLOCKED, Fault.IPV6_FORGOTTEN, Fault.SAFE_SEARCH_FORGOTTEN, Fault.NO_REASON,
    Fault.WORDS_BLOCK, Fault.ENGINES_LEFT,
})  # fmt: skip
_OF_RESOLVERS = frozenset({
    Fault.AAAA_LEFT_OPEN, Fault.OTHER_TYPES_TOLD, Fault.ECH_LEFT, Fault.TCP_PASSES, Fault.IPV6_LISTENER_OPEN,
    Fault.EDNS_CONFUSES, Fault.CLOAKS_UNSEEN, Fault.CANARY_ANSWERED, Fault.OPT_OUTS_UNKNOWN, Fault.LONG_LIVED,
})  # fmt: skip
_OF_GATEWAYS = frozenset({
    Fault.DATAGRAMS_ROUTED, Fault.PORT_853_PASSES, Fault.OTHER_RESOLVERS_ANSWER,
    Fault.ODD_PORTS_UNGUARDED, Fault.IPV6_UNGUARDED,
})  # fmt: skip
# A gateway decides by the same lines as a proxy; these show that its other way in leads to them.
_ON_ITS_WAY = frozenset(
    {Fault.HTTPS_PASSES, Fault.LOOKS_INTO_BANKS, Fault.OPT_OUTS_UNKNOWN, Fault.DOH_PASSES}
)


def played_at(stand: Stand) -> tuple[Fault, ...]:
    """The faults that a control can have at a stand, in their order."""
    match stand:
        case Stand.DNS_RESOLVER:
            return tuple(fault for fault in Fault if fault in _BY_NAME | _OF_RESOLVERS)
        case Stand.GATEWAY:
            return tuple(fault for fault in Fault if fault in _OF_GATEWAYS | _ON_ITS_WAY)
        case _:
            return tuple(fault for fault in Fault if fault not in _OF_RESOLVERS | _OF_GATEWAYS)
