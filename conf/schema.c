#include "conf/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conf/near.h"

/* From one key up to, but without, another: the first of the next section. */
#define KEYS(first_, until_) CONF_KEY_##first_, CONF_KEY_##until_ - CONF_KEY_##first_
#define CONF_KEY_END         CONF_KEYS_N

/* clang-format off */
const struct conf_section_row conf_sections[CONF_SECTIONS_N] = {
	[CONF_SECTION_MATCH] = {"match", NULL, KEYS(MATCH_HOST, BGP_LOCAL_AS),
		"For which hosts a file of conf.d is: of several values of one key any, of the keys that are set all. Elsewhere nothing of the file is used, nor its last good text. Evaluated again when interfaces come or go. First in the file; not in the main file."},
	[CONF_SECTION_BGP] = {"bgp", NULL, KEYS(BGP_LOCAL_AS, VRF_DEVICE),
		"This speaker. Only in the owner's files."},
	[CONF_SECTION_VRF] = {"vrf", "NAME", KEYS(VRF_DEVICE, BFD_TRANSMIT_INTERVAL),
		"A routing domain: one kernel table. Only in the owner's files. [vrf default] always exists (table main); there device and fallthrough cannot be set."},
	[CONF_SECTION_BFD_PROFILE] = {"bfd-profile", "NAME", KEYS(BFD_TRANSMIT_INTERVAL, LIST_PERMIT),
		"BFD (RFC 5880), used by `bfd-profile = NAME`. The profile named default is built in: 300ms, 300ms, 3."},
	[CONF_SECTION_PREFIX_LIST] = {"prefix-list", "NAME", KEYS(LIST_PERMIT, POLICY_MATCH_PREFIX_LIST),
		"Rules in the order of their lines; the first that matches decides. No match: the next list of the chain, at its end deny."},
	[CONF_SECTION_POLICY] = {"policy", "NAME", KEYS(POLICY_MATCH_PREFIX_LIST, INTERFACE_IMPORT),
		"One rule that stands in import beside prefix lists, with which it shares its names. All match keys that are set must hold; of several values of one key, any. No match: the next of the chain."},
	[CONF_SECTION_INTERFACE] = {"interface", "NAME", KEYS(INTERFACE_IMPORT, NEIGHBOR_DESCRIPTION),
		"A ceiling for everything learnt through this interface. Only in the owner's files."},
	[CONF_SECTION_NEIGHBOR] = {"neighbor", "ADDRESS[%INTERFACE]|INTERFACE [vrf NAME]", KEYS(NEIGHBOR_DESCRIPTION, RULE_FROM),
		"One BGP session. An IPv6 link-local address names its interface: fe80::1%eth0. An interface alone means the one neighbour on that link (unnumbered): its link-local address is learnt from the kernel's neighbour table, or from its connection. Without vrf it is in the VRF of the interface that it names, else in [vrf default]."},
	[CONF_SECTION_TEMPLATE] = {"template", "NAME", KEYS(NEIGHBOR_DESCRIPTION, RULE_FROM),
		"Values for neighbours that say `template = NAME`: the keys of [neighbor]. A key that the neighbour sets itself replaces the template's."},
	[CONF_SECTION_RULE] = {"rule", "NAME", KEYS(RULE_FROM, ANNOUNCE_PREFIX),
		"Who else uses the routes of a VRF: a rule of the kernel for each pair of from and to. Only in the owner's files."},
	[CONF_SECTION_ANNOUNCE] = {"announce", "NAME", KEYS(ANNOUNCE_PREFIX, KERNEL_ROUTE_PROTOCOL),
		"Prefixes that this host announces, with itself as next hop. Nothing else is ever announced."},
	[CONF_SECTION_KERNEL] = {"kernel", NULL, KEYS(KERNEL_ROUTE_PROTOCOL, CONTROL_AUTO_RELOAD),
		"What our objects in the kernel look like. Only in the owner's files."},
	[CONF_SECTION_CONTROL] = {"control", NULL, KEYS(CONTROL_AUTO_RELOAD, CONTRIBUTOR_MAY),
		"How the running daemon takes changes. Only in the owner's files."},
	[CONF_SECTION_CONTRIBUTOR] = {"contributor", "GLOB", KEYS(CONTRIBUTOR_MAY, END),
		"What the files of conf.d whose name (without .conf) matches may do; the longest matching GLOB counts. Only in the main file."},
};

#define ROW(section_, type_, name_) .section = CONF_SECTION_##section_, .type = CONF_TYPE_##type_, .name = name_

const struct conf_key_row conf_keys[CONF_KEYS_N] = {
	[CONF_KEY_MATCH_HOST] = {ROW(MATCH, GLOBS, "host"), .absent = "any",
		.help = "Globs of which one must match the host's name (or what --host gives). !GLOB must not match; where only such are given, any other name does."},
	[CONF_KEY_MATCH_INTERFACE] = {ROW(MATCH, GLOBS, "interface"), .absent = "any",
		.help = "Globs of which one must match an interface of the host, up or down. !GLOB: there must be no such interface."},

	[CONF_KEY_BGP_LOCAL_AS] = {ROW(BGP, AS, "local-as"), .absent = "no session can start",
		.help = "Our AS number."},
	[CONF_KEY_BGP_ROUTER_ID] = {ROW(BGP, ROUTER_ID, "router-id"), .absent = "chosen at the first start: the highest IPv4 address of lo, else of any interface",
		.help = "Our BGP identifier, or the interface whose IPv4 address it is."},
	[CONF_KEY_BGP_ALWAYS_BLOCK] = {ROW(BGP, PREFIXES, "always-block"), .absent = "nothing",
		.help = "Never learnt, in every VRF: these prefixes and everything longer."},

	[CONF_KEY_BGP_DENY_IMPORT] = {ROW(BGP, PREFIX_LISTS, "deny-import"), .absent = "nothing",
		.help = "Prefix lists of the owner. What one of them permits is never learnt, in every VRF, whatever import any file gives: always-block with ge, le and exceptions. A default route only where a list names it exactly."},
	[CONF_KEY_BGP_POD_NETWORKS] = {ROW(BGP, PREFIXES, "pod-networks"), .absent = "none",
		.help = "Networks of pods and services on this host: reached by table main from every VRF, and never learnt, nor anything longer."},
	[CONF_KEY_BGP_DEFERRAL_TIME] = {ROW(BGP, SECONDS, "deferral-time"), .min = 1, .max = 3600, .fallback = "120s",
		.help = "How long after a start routes of our earlier life wait for End-of-RIB of all neighbours, before they are removed (RFC 4724). Read at the start."},

	[CONF_KEY_BGP_DRAIN_TIME] = {ROW(BGP, SECONDS, "drain-time"), .min = 1, .max = 3600, .fallback = "10s",
		.help = "How long `bgpd-litectl drain` announces that this host is the last choice (RFC 8326) before it closes the sessions."},
	[CONF_KEY_BGP_DRAIN_AT_STOP] = {ROW(BGP, BOOL, "drain-at-stop"), .fallback = "no",
		.help = "yes: SIGTERM drains first, then stops; a second SIGTERM stops at once. Learnt routes stay in the kernel. Not for upgrades without a gap: what we announce goes."},
	[CONF_KEY_BGP_MEMORY_LIMIT] = {ROW(BGP, SIZE, "memory-limit"), .min = 1 << 20, .max = 1ULL << 40, .zero = true, .fallback = "0",
		.help = "Memory that routes of neighbours may take in the bgp process: 200M, 1G (powers of 1024); 0: no limit of ours. The neighbour whose routes grow beyond it is ended (Cease 6/8) and comes back when there is room. Of itself a limit of the control group holds (MemoryMax= of the unit, or of the container): it counts all processes and their routes in the kernel."},

	[CONF_KEY_VRF_DEVICE] = {ROW(VRF, INTERFACE, "device"), .absent = "none: sockets are not bound, table must be set",
		.help = "The VRF device. The table is read from it."},
	[CONF_KEY_VRF_TABLE] = {ROW(VRF, TABLE, "table"), .absent = "the device's; in [vrf default] 254",
		.help = "The kernel's routing table, for a VRF without a device."},
	[CONF_KEY_VRF_MAXIMUM_PATHS] = {ROW(VRF, NUMBER, "maximum-paths"), .min = 1, .max = 128, .fallback = "16",
		.help = "Gateways that share the load of one prefix."},
	[CONF_KEY_VRF_MULTIPATH_RELAX] = {ROW(VRF, BOOL, "multipath-relax"), .fallback = "yes",
		.help = "Gateways in different ASes share the load."},
	[CONF_KEY_VRF_BESTPATH_BANDWIDTH] = {ROW(VRF, WORD, "bestpath-bandwidth"), .fallback = "ignore",
		.words = {"ignore", "all", "skip-missing", "default-weight-for-missing"},
		.help = "Link bandwidths that gateways tell (extended community, RFC 10005) weigh their parts of the load. all: where each path of the set has one; skip-missing: paths without one are used only where no equal one has one; default-weight-for-missing: they get weight 1, where the largest bandwidth gets 240."},
	[CONF_KEY_VRF_FALLTHROUGH] = {ROW(VRF, BOOL, "fallthrough"), .fallback = "no",
		.help = "yes: what the table does not know is looked up in main. no: it is unreachable."},

	[CONF_KEY_VRF_DENY_IMPORT] = {ROW(VRF, PREFIX_LISTS, "deny-import"), .absent = "nothing",
		.help = "Prefix lists of the owner. What one of them permits is never learnt in this VRF, whatever import any file gives."},

	[CONF_KEY_VRF_IMPORT_VRF] = {ROW(VRF, VRF_IMPORTS, "import-vrf"), .absent = "nothing",
		.help = "Route leaking: paths that VRF uses, of prefixes that the list permits, are candidates in this VRF too, by their gateways there. Only what VRF's own neighbours send: never what it imports itself, and nothing is passed on to any neighbour. Paths of this VRF's own neighbours beat imported ones, which then are the fallback. This VRF's deny-import holds for them too. Answers need a way back: a route in the other VRF."},
	[CONF_KEY_VRF_RETURN_FROM] = {ROW(VRF, PREFIXES, "return-from"), .absent = "nothing",
		.help = "Packets of this host with these sources are routed by this VRF's table."},
	[CONF_KEY_VRF_RETURN_FWMARK] = {ROW(VRF, FWMARK, "return-fwmark"), .absent = "none",
		.help = "Packets with this mark are routed by this VRF's table; `bgpd-litectl return-rules` prints what sets it on answers to requests that came in through the VRF."},

	[CONF_KEY_BFD_TRANSMIT_INTERVAL] = {ROW(BFD_PROFILE, INTERVAL, "transmit-interval"), .min = 10000, .max = 60000000, .fallback = "300ms",
		.help = "Desired Min TX Interval. The unit must be named."},
	[CONF_KEY_BFD_RECEIVE_INTERVAL] = {ROW(BFD_PROFILE, INTERVAL, "receive-interval"), .min = 10000, .max = 60000000, .fallback = "300ms",
		.help = "Required Min RX Interval. The unit must be named."},
	[CONF_KEY_BFD_DETECT_MULTIPLIER] = {ROW(BFD_PROFILE, NUMBER, "detect-multiplier"), .min = 1, .max = 255, .fallback = "3",
		.help = "Packets that may be missed before the session is down."},
	[CONF_KEY_BFD_PASSIVE] = {ROW(BFD_PROFILE, BOOL, "passive"), .fallback = "no",
		.help = "yes: send nothing before the neighbour's first packet."},
	[CONF_KEY_BFD_MINIMUM_TTL] = {ROW(BFD_PROFILE, NUMBER, "minimum-ttl"), .min = 1, .max = 255, .fallback = "1",
		.help = "Multihop (ebgp-multihop above 1, internal neighbours that are not on a link of ours): packets that arrive with less are dropped. We send 255, as FRR does; BIRD sends 64. A single hop always needs 255."},
	[CONF_KEY_BFD_ZERO_CHECKSUM] = {ROW(BFD_PROFILE, BOOL, "zero-udp6-checksum"), .fallback = "no",
		.help = "yes: packets over IPv6 that carry no UDP checksum are accepted too, as some implementations send them, against RFC 8200. It holds for all IPv6 neighbours of the same VRF and hop type (single hop or multihop): they share a socket. Ours always carry one."},
	[CONF_KEY_BFD_UP_DELAY] = {ROW(BFD_PROFILE, SECONDS, "up-delay"), .min = 1, .max = 3600, .zero = true, .fallback = "0",
		.help = "After a loss BGP starts again when BFD has been Up for so long; it doubles with each loss that follows. 0: at once."},
	[CONF_KEY_BFD_UP_DELAY_MAXIMUM] = {ROW(BFD_PROFILE, SECONDS, "up-delay-maximum"), .min = 1, .max = 3600, .fallback = "60s",
		.help = "The longest up-delay. BFD that stayed Up for longer than both together begins anew."},
	[CONF_KEY_BFD_AUTHENTICATION] = {ROW(BFD_PROFILE, BFD_AUTH, "authentication"), .absent = "none",
		.help = "How packets prove where they come from (RFC 5880 6.7); needs a key. Every packet of the neighbour must have the same."},
	[CONF_KEY_BFD_KEY] = {ROW(BFD_PROFILE, BFD_KEYS, "key"), .absent = "none",
		.help = "Key ids and files with the keys (written as for password-file; 16 bytes at most, 20 for SHA1). All are accepted, the first is sent with: to change keys add the new one on both ends, put it first on both, take the old one away."},

	[CONF_KEY_LIST_PERMIT] = {ROW(PREFIX_LIST, RULES, "permit"), .absent = "nothing",
		.help = "Prefixes that are learnt. Without ge and le exactly this one; ge alone: up to the longest; le alone: from the prefix's own length. A default route is learnt only where it is named exactly (0.0.0.0/0 or ::/0, alone or with ge 0)."},
	[CONF_KEY_LIST_DENY] = {ROW(PREFIX_LIST, RULES, "deny"), .absent = "nothing",
		.help = "Prefixes that are not learnt, written as for permit."},

	[CONF_KEY_POLICY_MATCH_PREFIX_LIST] = {ROW(POLICY, PREFIX_LISTS, "match-prefix-list"), .absent = "any prefix but a default route",
		.help = "Prefix lists of which one permits the prefix."},
	[CONF_KEY_POLICY_MATCH_COMMUNITY] = {ROW(POLICY, COMMUNITIES, "match-community"), .absent = "any",
		.help = "Communities (RFC 1997) of which the path has one."},
	[CONF_KEY_POLICY_MATCH_LARGE_COMMUNITY] = {ROW(POLICY, LARGE_COMMUNITIES, "match-large-community"), .absent = "any",
		.help = "Large communities (RFC 8092) of which the path has one."},
	[CONF_KEY_POLICY_MATCH_ORIGIN_AS] = {ROW(POLICY, AS_NUMBERS, "match-origin-as"), .absent = "any",
		.help = "AS numbers of which the path's last is one."},
	[CONF_KEY_POLICY_MATCH_AS_PATH_CONTAINS] = {ROW(POLICY, AS_NUMBERS, "match-as-path-contains"), .absent = "any",
		.help = "AS numbers of which one stands somewhere in the path."},
	[CONF_KEY_POLICY_MATCH_AS_PATH_LENGTH] = {ROW(POLICY, LENGTH, "match-as-path-length"), .absent = "any",
		.help = "Length of the AS path, as the decision counts it (RFC 4271 9.1.2.2)."},
	[CONF_KEY_POLICY_SET_LOCAL_PREFERENCE] = {ROW(POLICY, NUMBER, "set-local-preference"), .max = UINT32_MAX, .absent = "as received",
		.help = "LOCAL_PREF of the path, for the decision; higher is better, 100 where none was received."},
	[CONF_KEY_POLICY_SET_MED] = {ROW(POLICY, NUMBER, "set-med"), .max = UINT32_MAX, .absent = "as received",
		.help = "MED of the path, for the decision; lower is better, compared between paths of one neighbouring AS."},
	[CONF_KEY_POLICY_SET_SOURCE] = {ROW(POLICY, HOSTS, "set-source"), .absent = "the kernel chooses",
		.help = "Preferred source address of the route in the kernel (`ip route` shows src), for prefixes of its family; the best path's counts. The kernel refuses the route while the address is not on this host, for IPv6 not in the VRF of the gateways; it is written again when the address appears."},
	[CONF_KEY_POLICY_SET_KERNEL_METRIC] = {ROW(POLICY, NUMBER, "set-kernel-metric"), .min = 1, .max = 4278198271, .absent = "metric of [kernel]",
		.help = "Metric of the route in the kernel; of routes of several programs to one prefix packets take that with the lowest. The best path's counts. A prefix has one route of ours: another metric means a new route, after which the old one is deleted."},
	[CONF_KEY_POLICY_ACTION] = {ROW(POLICY, WORD, "action"), .absent = "an error", .words = {"deny", "permit", "next"},
		.help = "permit and deny are final in this chain; next: what is set counts, the chain goes on."},

	[CONF_KEY_INTERFACE_IMPORT] = {ROW(INTERFACE, IMPORT, "import"), .absent = "no ceiling",
		.help = "Prefix lists and policies, tried in order, that must permit what is learnt through this interface. They are the owner's chain too for neighbours for which the owner gives no import; only then counts what policies set."},

	[CONF_KEY_NEIGHBOR_DESCRIPTION] = {ROW(NEIGHBOR, TEXT, "description"), .absent = "none",
		.help = "Words for people."},
	[CONF_KEY_NEIGHBOR_REMOTE_AS] = {ROW(NEIGHBOR, REMOTE_AS, "remote-as"), .absent = "the neighbour waits",
		.help = "The neighbour's AS number; external: any but ours; internal: ours."},
	[CONF_KEY_NEIGHBOR_LOCAL_AS] = {ROW(NEIGHBOR, AS, "local-as"), .absent = "that of section bgp",
		.help = "Our AS number towards this neighbour."},
	[CONF_KEY_NEIGHBOR_PASSWORD_FILE] = {ROW(NEIGHBOR, FILE, "password-file"), .absent = "no password",
		.help = "File with the TCP-MD5 password (RFC 2385): a name in the keys directory (else of a systemd credential), or an absolute path."},
	[CONF_KEY_NEIGHBOR_BFD_PROFILE] = {ROW(NEIGHBOR, BFD_PROFILE, "bfd-profile"), .absent = "no BFD",
		.help = "BFD with the timers of this profile; default is built in. Where contributors differ, the fastest of each timer."},
	[CONF_KEY_NEIGHBOR_BFD_STRICT] = {ROW(NEIGHBOR, BOOL, "bfd-strict"), .fallback = "no",
		.help = "yes: the session does not start before BFD is Up. An AdminDown of either side lifts that."},
	[CONF_KEY_NEIGHBOR_BFD_STRICT_HOLD_TIME] = {ROW(NEIGHBOR, SECONDS, "bfd-strict-hold-time"), .min = 1, .max = 3600, .zero = true, .fallback = "0",
		.help = "bfd-strict waits no longer than this; 0: for ever."},
	[CONF_KEY_NEIGHBOR_IMPORT] = {ROW(NEIGHBOR, IMPORT, "import"), .absent = "nothing is learnt beyond what [interface] import says",
		.help = "Prefix lists and policies, tried in order. Each file has a chain of its own; one that permits is enough."},
	[CONF_KEY_NEIGHBOR_EXPORT] = {ROW(NEIGHBOR, IMPORT, "export"), .absent = "what is announced to it is sent to it",
		.help = "Prefix lists and policies, tried in order, that must permit what [announce] sections and local speakers announce to it; policies see what several of them give together. It permits, it does not ask: without an announcement nothing is sent. A local-speaker asks by it for what was learnt too: the best routes of its VRF that it permits. Leave out of it what speakers announce: of a prefix that is learnt and passed on, what a speaker announces is refused."},
	[CONF_KEY_NEIGHBOR_NEXT_HOP_IPV4] = {ROW(NEIGHBOR, ADDRESS_IPV4, "next-hop-ipv4"), .absent = "our address of the session, or on the way to it; of a local-speaker on loopback the highest other address of its VRF",
		.help = "Next hop of the IPv4 prefixes that are announced to it: an address of this host, or one that brings packets here."},
	[CONF_KEY_NEIGHBOR_NEXT_HOP_IPV6] = {ROW(NEIGHBOR, ADDRESS_IPV6, "next-hop-ipv6"), .absent = "our addresses of the session, or on the way to it",
		.help = "The same for IPv6 prefixes; no link-local address is announced beside it."},
	[CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX] = {ROW(NEIGHBOR, NUMBER, "maximum-prefix"), .min = 1, .max = UINT32_MAX, .absent = "no limit",
		.help = "Prefixes of a family that the neighbour may send."},
	[CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX_ACTION] = {ROW(NEIGHBOR, WORD, "maximum-prefix-action"), .fallback = "restart", .words = {"warn", "block", "shutdown", "restart"},
		.help = "When the neighbour sends more than maximum-prefix. warn: a log line. block: what is above is not learnt. shutdown: the session ends until this neighbour's configuration changes, or reload --reset. restart: it ends and starts again after idle-hold-time. In every case a log line says when 75 % are reached."},
	[CONF_KEY_NEIGHBOR_LOCAL_SPEAKER] = {ROW(NEIGHBOR, BOOL, "local-speaker"), .fallback = "no",
		.help = "yes: a BGP speaker of this host (MetalLB, GoBGP, ExaBGP). What import permits of it is announced to announce-to with this host as next hop, and never enters the kernel. It connects to us, at port. What gateways sent it hears only where export asks for it."},
	[CONF_KEY_NEIGHBOR_ANNOUNCE_TO] = {ROW(NEIGHBOR, TARGETS, "announce-to"), .absent = "nobody",
		.help = "Who is told what a local-speaker announces, written as for `to` in [announce]."},
	[CONF_KEY_NEIGHBOR_ALLOW_AS_IN] = {ROW(NEIGHBOR, NUMBER, "allow-as-in"), .min = 0, .max = 10, .fallback = "0",
		.help = "How often our own AS may stand in the AS_PATH of a route that is used."},
	[CONF_KEY_NEIGHBOR_MAXIMUM_AS_PATH] = {ROW(NEIGHBOR, NUMBER, "maximum-as-path"), .min = 0, .max = 65535, .fallback = "100",
		.help = "AS numbers in the AS_PATH of a route that is used; longer ones are shown as rejected. 0: no limit. 100 is what filter guides for BIRD (bgp_path.len) and OpenBGPD (max-as-len) advise. Never of a local-speaker."},
	[CONF_KEY_NEIGHBOR_MAXIMUM_COMMUNITIES] = {ROW(NEIGHBOR, NUMBER, "maximum-communities"), .min = 0, .max = 65535, .fallback = "100",
		.help = "The same for communities: standard, extended and large ones together."},
	[CONF_KEY_NEIGHBOR_ADDRESS_FAMILY] = {ROW(NEIGHBOR, FAMILIES, "address-family"), .absent = "the family of the neighbour's address; both where an interface stands for it",
		.help = "Families of routes that are exchanged."},
	[CONF_KEY_NEIGHBOR_EXTENDED_NEXTHOP] = {ROW(NEIGHBOR, BOOL, "extended-nexthop"), .absent = "yes, but no where the neighbour's address is IPv4",
		.help = "yes: IPv4 routes may have IPv6 next hops (RFC 8950) where the neighbour says that too. Over an IPv6 session ours then have this host's IPv6 address."},
	[CONF_KEY_NEIGHBOR_ROUTER_ADVERTISEMENTS] = {ROW(NEIGHBOR, BOOL, "router-advertisements"), .fallback = "yes",
		.help = "Of a neighbour named by its interface. yes: router advertisements (lifetime 0, no prefixes) are sent there every 10 s, by which FRR finds us; they need CAP_NET_RAW. no: it knows our address by itself."},
	[CONF_KEY_NEIGHBOR_ADD_PATH] = {ROW(NEIGHBOR, WORD, "add-path"), .fallback = "no", .words = {"no", "receive"},
		.help = "receive: the neighbour may send several paths of one prefix (RFC 7911); those with different next hops share the load as those of different neighbours do. At most 64 of one prefix are kept; each counts for maximum-prefix. Never of a local-speaker."},
	[CONF_KEY_NEIGHBOR_UPDATE_SOURCE] = {ROW(NEIGHBOR, SOURCE, "update-source"), .absent = "the kernel chooses",
		.help = "Our address of the session, or the interface whose address it is."},
	[CONF_KEY_NEIGHBOR_PORT] = {ROW(NEIGHBOR, NUMBER, "port"), .min = 1, .max = 65535, .fallback = "179",
		.help = "The neighbour's TCP port."},
	[CONF_KEY_NEIGHBOR_PASSIVE] = {ROW(NEIGHBOR, BOOL, "passive"), .fallback = "no",
		.help = "yes: wait for the neighbour's connection, never connect."},
	[CONF_KEY_NEIGHBOR_SHUTDOWN] = {ROW(NEIGHBOR, BOOL, "shutdown"), .fallback = "no",
		.help = "yes: no session with this neighbour."},
	[CONF_KEY_NEIGHBOR_EBGP_MULTIHOP] = {ROW(NEIGHBOR, NUMBER, "ebgp-multihop"), .min = 1, .max = 255, .fallback = "1",
		.help = "Hops to the neighbour at most."},
	[CONF_KEY_NEIGHBOR_TTL_SECURITY] = {ROW(NEIGHBOR, BOOL, "ttl-security"), .fallback = "no",
		.help = "yes: drop what has come further than one hop (RFC 5082)."},
	[CONF_KEY_NEIGHBOR_EXTENDED_MESSAGE] = {ROW(NEIGHBOR, BOOL, "extended-message"), .fallback = "yes",
		.help = "Offer messages of up to 65535 octets (RFC 8654), and send them where the neighbour offers them too. no: 4096."},
	[CONF_KEY_NEIGHBOR_ROLE] = {ROW(NEIGHBOR, WORD, "role"), .fallback = "none",
		.words = {"none", "provider", "rs-server", "rs-client", "customer", "peer"},
		.help = "What we are to an external neighbour (RFC 9234); it must be the counterpart. Routes whose Only to Customer does not fit are leaks and not used."},
	[CONF_KEY_NEIGHBOR_ROLE_STRICT] = {ROW(NEIGHBOR, BOOL, "role-strict"), .fallback = "no",
		.help = "yes: no session with a neighbour that does not say its role."},
	[CONF_KEY_NEIGHBOR_HOLD_TIME] = {ROW(NEIGHBOR, SECONDS, "hold-time"), .min = 3, .max = 65535, .zero = true, .fallback = "90s",
		.help = "Hold time that we propose (RFC 4271 4.2); 0: none."},
	[CONF_KEY_NEIGHBOR_KEEPALIVE_TIME] = {ROW(NEIGHBOR, SECONDS, "keepalive-time"), .min = 1, .max = 21845, .absent = "a third of the hold time in force",
		.help = "Time between our KEEPALIVEs; shorter than hold-time."},
	[CONF_KEY_NEIGHBOR_SEND_HOLD_TIME] = {ROW(NEIGHBOR, SECONDS, "send-hold-time"), .min = 3, .max = 65535, .absent = "twice the hold time in force, at least 480s",
		.help = "How long the neighbour may take no octet of ours before the session ends (RFC 9687)."},
	[CONF_KEY_NEIGHBOR_CONNECT_RETRY_TIME] = {ROW(NEIGHBOR, SECONDS, "connect-retry-time"), .min = 1, .max = 3600, .fallback = "5s",
		.help = "Time between attempts to connect."},
	[CONF_KEY_NEIGHBOR_IDLE_HOLD_TIME] = {ROW(NEIGHBOR, SECONDS, "idle-hold-time"), .min = 1, .max = 60, .fallback = "1s",
		.help = "First pause after an error; it doubles up to 60 s."},
	[CONF_KEY_NEIGHBOR_GRACEFUL_RESTART] = {ROW(NEIGHBOR, WORD, "graceful-restart"), .fallback = "full", .words = {"off", "helper", "full"},
		.help = "RFC 4724 and 8538. helper: while the neighbour restarts its routes stay in use. full: also ask the neighbour to wait for us while we restart. A local-speaker is only helped: what it announced stays until it is back."},
	[CONF_KEY_NEIGHBOR_RESTART_TIME] = {ROW(NEIGHBOR, SECONDS, "restart-time"), .min = 1, .max = 4095, .fallback = "120s",
		.help = "How long the neighbour shall wait for us."},
	[CONF_KEY_NEIGHBOR_STALE_TIME] = {ROW(NEIGHBOR, SECONDS, "stale-time"), .min = 1, .max = 86400, .fallback = "360s",
		.help = "How long stale routes stay at most: of a neighbour that restarts, from the loss of its session until its End-of-RIB; in an enhanced route refresh (RFC 7313) from its begin until its end."},

	[CONF_KEY_NEIGHBOR_LONG_LIVED_STALE_TIME] = {ROW(NEIGHBOR, SECONDS, "long-lived-stale-time"), .min = 1, .max = 16777215, .zero = true, .fallback = "0",
		.help = "After its restart time routes of a neighbour that asks for it (RFC 9494) are kept as the last choice, as long as it asks and no longer than this. 0: not offered."},
	[CONF_KEY_NEIGHBOR_TEMPLATE] = {ROW(NEIGHBOR, TEMPLATE, "template"), .absent = "none",
		.help = "The [template] whose values stand where this section sets none; a template may name another."},

	[CONF_KEY_RULE_FROM] = {ROW(RULE, PREFIXES, "from"), .absent = "an error",
		.help = "Sources of the packets."},
	[CONF_KEY_RULE_TO] = {ROW(RULE, PREFIXES, "to"), .absent = "any",
		.help = "Destinations of the packets."},
	[CONF_KEY_RULE_TO_VRF] = {ROW(RULE, VRF, "to-vrf"), .absent = "an error",
		.help = "The VRF by whose table they are routed."},

	[CONF_KEY_ANNOUNCE_PREFIX] = {ROW(ANNOUNCE, PREFIXES, "prefix"), .absent = "nothing",
		.help = "Prefixes that are announced, of either family."},
	[CONF_KEY_ANNOUNCE_TO] = {ROW(ANNOUNCE, TARGETS, "to"), .absent = "nobody",
		.help = "Who is told: neighbours (ADDRESS [vrf NAME], or the INTERFACE that names one), all neighbours of a VRF (vrf NAME), or all."},
	[CONF_KEY_ANNOUNCE_COMMUNITY] = {ROW(ANNOUNCE, COMMUNITIES, "community"), .absent = "none",
		.help = "Communities (RFC 1997): 64512:80, or no-export, no-advertise, no-peer, blackhole, graceful-shutdown. What several files give for one prefix adds up."},
	[CONF_KEY_ANNOUNCE_LARGE_COMMUNITY] = {ROW(ANNOUNCE, LARGE_COMMUNITIES, "large-community"), .absent = "none",
		.help = "Large communities (RFC 8092): 64512:1:80. They add up too."},
	[CONF_KEY_ANNOUNCE_EXTENDED_COMMUNITY] = {ROW(ANNOUNCE, EXT_COMMUNITIES, "extended-community"), .absent = "none",
		.help = "Extended communities (RFC 4360): rt 64512:80, soo 192.0.2.11:1, or eight octets. They add up too."},
	[CONF_KEY_ANNOUNCE_LINK_BANDWIDTH] = {ROW(ANNOUNCE, BANDWIDTH, "link-bandwidth"), .min = 1000, .max = 1000000000000000, .absent = "none is told",
		.help = "Bandwidth of the way to this host, in bits per second: 25G, 400M. Neighbours that weigh by it (FRR: bgp bestpath bandwidth) send a greater part of the load where it is greater. A link bandwidth extended community (RFC 10005), transitive."},
	[CONF_KEY_ANNOUNCE_LOCAL_PREFERENCE] = {ROW(ANNOUNCE, NUMBER, "local-preference"), .max = UINT32_MAX, .absent = "100",
		.help = "LOCAL_PREF; only internal neighbours are told."},
	[CONF_KEY_ANNOUNCE_MED] = {ROW(ANNOUNCE, NUMBER, "med"), .max = UINT32_MAX, .absent = "none is sent",
		.help = "MULTI_EXIT_DISC: of our links the neighbouring AS prefers the lowest."},
	[CONF_KEY_ANNOUNCE_AS_PATH_PREPEND] = {ROW(ANNOUNCE, NUMBER, "as-path-prepend"), .min = 1, .max = 16, .absent = "none",
		.help = "Times that our AS stands in the path beyond the first; only external neighbours see it."},
	[CONF_KEY_ANNOUNCE_WHEN] = {ROW(ANNOUNCE, WHEN, "when"), .fallback = "always",
		.help = "always; address-present: while an address of this host lies in the prefix (each prefix for itself); file-present PATH: while the file exists, seen within a second; route-present PREFIX [vrf NAME]: while a route to just this prefix is learnt and used in that VRF (default)."},

	[CONF_KEY_KERNEL_ROUTE_PROTOCOL] = {ROW(KERNEL, NUMBER, "route-protocol"), .min = 5, .max = 255, .fallback = "186",
		.help = "Protocol number of our routes and rules (186 is bgp)."},
	[CONF_KEY_KERNEL_NEXTHOP_PROTOCOL] = {ROW(KERNEL, NUMBER, "nexthop-protocol"), .min = 1, .max = 255, .fallback = "2",
		.help = "Protocol number of our nexthop objects (2 is kernel: systemd-networkd leaves them alone)."},
	[CONF_KEY_KERNEL_METRIC] = {ROW(KERNEL, NUMBER, "metric"), .min = 1, .max = 4278198271, .fallback = "20",
		.help = "Metric of our routes in the kernel."},
	[CONF_KEY_KERNEL_NEXTHOP_ID_RANGE] = {ROW(KERNEL, ID_RANGE, "nexthop-id-range"), .min = 1, .max = UINT32_MAX, .fallback = "1000000000-1999999999",
		.help = "Ids of nexthop objects that are ours."},
	[CONF_KEY_KERNEL_NEXTHOP_MODE] = {ROW(KERNEL, WORD, "nexthop-mode"), .fallback = "objects", .words = {"objects", "multipath"},
		.help = "multipath: each route has its next hops itself and the kernel gets no nexthop objects, for programs of this host that cannot live with them. A lost gateway is then taken out of each route in turn, and every route of our protocol in a table of ours is ours. Read at the start."},

	[CONF_KEY_CONTROL_AUTO_RELOAD] = {ROW(CONTROL, BOOL, "auto-reload"), .fallback = "yes",
		.help = "Files that come, go or change in the directories of drop-ins (also the ..data link of a Kubernetes ConfigMap) are put in force half a second after the last change. The main file is read at reloads alone."},
	[CONF_KEY_CONTRIBUTOR_MAY] = {ROW(CONTRIBUTOR, RIGHTS, "may"), .fallback = "import, announce",
		.help = "import: ask for routes of neighbours. announce: announce prefixes to them. neighbors: declare neighbours of its own. all: it is the owner's file."},
};
/* clang-format on */

const char *conf_word(enum conf_key key, unsigned place)
{
	return place < CONF_WORDS_MAX ? conf_keys[key].words[place] : NULL;
}

bool conf_section_find(const char *name, enum conf_section_kind *out)
{
	for (int i = 0; i < CONF_SECTIONS_N; i++) {
		if (strcmp(conf_sections[i].name, name) == 0) {
			*out = (enum conf_section_kind)i;
			return true;
		}
	}
	return false;
}

bool conf_key_find(enum conf_section_kind section, const char *name, enum conf_key *out)
{
	const struct conf_section_row *s = &conf_sections[section];
	for (size_t i = s->first; i < s->first + s->keys_n; i++) {
		if (strcmp(conf_keys[i].name, name) == 0) {
			*out = (enum conf_key)i;
			return true;
		}
	}
	return false;
}

bool conf_key_is_list(enum conf_key key)
{
	enum conf_type t = conf_keys[key].type;
	return t == CONF_TYPE_IMPORT || t == CONF_TYPE_COMMUNITIES ||
	       t == CONF_TYPE_LARGE_COMMUNITIES || t == CONF_TYPE_EXT_COMMUNITIES ||
	       t == CONF_TYPE_AS_NUMBERS || t == CONF_TYPE_HOSTS || t == CONF_TYPE_PREFIX_LISTS ||
	       t == CONF_TYPE_PREFIXES || t == CONF_TYPE_RULES || t == CONF_TYPE_BFD_KEYS ||
	       t == CONF_TYPE_FAMILIES || t == CONF_TYPE_GLOBS || t == CONF_TYPE_RIGHTS ||
	       t == CONF_TYPE_TARGETS || t == CONF_TYPE_VRF_IMPORTS;
}

const char *conf_section_nearest(const char *name)
{
	struct conf_near near = conf_near_init(name);
	for (size_t i = 0; i < CONF_SECTIONS_N; i++)
		conf_near_offer(&near, conf_sections[i].name);
	return near.best;
}

const char *conf_key_nearest(enum conf_section_kind section, const char *name)
{
	const struct conf_section_row *s = &conf_sections[section];
	struct conf_near near = conf_near_init(name);
	for (size_t i = s->first; i < s->first + s->keys_n; i++)
		conf_near_offer(&near, conf_keys[i].name);
	return near.best;
}

static const char *words_range(const struct conf_key_row *k, char text[CONF_RANGE_TEXT_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < CONF_WORDS_MAX && k->words[i]; i++) {
		bool last = i + 1 == CONF_WORDS_MAX || !k->words[i + 1];
		len += (size_t)snprintf(text + len, CONF_RANGE_TEXT_MAX - len, "%s%s",
			i == 0 ? ""
			: last ? " or "
			       : ", ",
			k->words[i]);
	}
	return text;
}

static const char *number_range(const struct conf_key_row *k, uint64_t scale, const char *unit,
	char text[CONF_RANGE_TEXT_MAX])
{
	snprintf(text, CONF_RANGE_TEXT_MAX, "%s%" PRIu64 "%s..%" PRIu64 "%s",
		k->zero ? "0 or " : "", k->min / scale, unit, k->max / scale, unit);
	return text;
}

const char *conf_key_range(enum conf_key key, char text[CONF_RANGE_TEXT_MAX])
{
	const struct conf_key_row *k = &conf_keys[key];
	switch (k->type) {
	case CONF_TYPE_NUMBER:
		return number_range(k, 1, "", text);
	case CONF_TYPE_SECONDS:
		return number_range(k, 1, "s", text);
	case CONF_TYPE_INTERVAL:
		return number_range(k, 1000, "ms", text);
	case CONF_TYPE_BANDWIDTH:
		return "1k..1000T bit/s, with the unit k, M, G or T";
	case CONF_TYPE_SIZE:
		return number_range(k, 1 << 20, "M", text);
	case CONF_TYPE_BOOL:
		return "yes or no";
	case CONF_TYPE_AS:
		return "an AS number (64512, or 1.10)";
	case CONF_TYPE_REMOTE_AS:
		return "an AS number (64512, or 1.10), external or internal";
	case CONF_TYPE_TEXT:
		return "text";
	case CONF_TYPE_FILE:
		return "a file name without '/', or an absolute path";
	case CONF_TYPE_INTERFACE:
		return "an interface's name (1..15 bytes)";
	case CONF_TYPE_ROUTER_ID:
		return "an IPv4 address or an interface's name";
	case CONF_TYPE_ADDRESS_IPV4:
		return "the IPv4 address of a host";
	case CONF_TYPE_ADDRESS_IPV6:
		return "the IPv6 address of a host, not link-local";
	case CONF_TYPE_SOURCE:
		return "an address or an interface's name";
	case CONF_TYPE_TABLE:
		return "1..4294967295 without 255 (local)";
	case CONF_TYPE_ID_RANGE:
		return "FIRST-LAST, 1..4294967295";
	case CONF_TYPE_FWMARK:
		return "VALUE or VALUE/MASK, 0x for hexadecimal, VALUE not 0 and within MASK";
	case CONF_TYPE_VRF:
		return "the name of a [vrf], or default";
	case CONF_TYPE_TEMPLATE:
		return "the name of a [template]";
	case CONF_TYPE_BFD_PROFILE:
		return "the name of a [bfd-profile], or default";
	case CONF_TYPE_LENGTH:
		return "N, ge N, le N or ge N le N, up to 65535";
	case CONF_TYPE_IMPORT:
		return "names of [prefix-list] and [policy], parted by commas";
	case CONF_TYPE_COMMUNITIES:
		return "N:N, up to 65535 each, or a well-known name";
	case CONF_TYPE_LARGE_COMMUNITIES:
		return "N:N:N, up to 4294967295 each";
	case CONF_TYPE_EXT_COMMUNITIES:
		return "rt or soo with AS:N or ADDRESS:N, or 0x and 16 digits";
	case CONF_TYPE_AS_NUMBERS:
		return "AS numbers (64512, or 1.10), parted by commas";
	case CONF_TYPE_HOSTS:
		return "an IPv4 address, an IPv6 address that is not link-local, or both";
	case CONF_TYPE_BFD_AUTH:
		return "simple, keyed-md5, meticulous-keyed-md5, keyed-sha1 or "
		       "meticulous-keyed-sha1";
	case CONF_TYPE_BFD_KEYS:
		return "ID FILE, ...: 1 to 4 times an id 0..255 and a file's name or absolute path";
	case CONF_TYPE_PREFIX_LISTS:
		return "names of [prefix-list], parted by commas";
	case CONF_TYPE_PREFIXES:
		return "PREFIX, ...";
	case CONF_TYPE_RULES:
		return "PREFIX [ge N] [le N], ...";
	case CONF_TYPE_GLOBS:
		return "[!]GLOB, ...: names with *, ? and [...]";
	case CONF_TYPE_FAMILIES:
		return "ipv4, ipv6 or both parted by a comma";
	case CONF_TYPE_VRF_IMPORTS:
		return "VRF LIST, ...: the name of another [vrf], or default, and of a "
		       "[prefix-list]";
	case CONF_TYPE_RIGHTS:
		return "import, announce, neighbors, all, parted by commas";
	case CONF_TYPE_WHEN:
		return "always, address-present, file-present /PATH or route-present PREFIX "
		       "[vrf NAME]";
	case CONF_TYPE_TARGETS:
		return "all, vrf NAME or ADDRESS [vrf NAME], parted by commas";
	case CONF_TYPE_WORD:
		return words_range(k, text);
	}
	return "";
}
