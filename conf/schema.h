/*
 * The keys that exist: one row each, from which come the checks, the defaults, `--help-config` and
 * doc/keys.md. A key that has no row is unknown. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conf_section_kind {
	CONF_SECTION_MATCH,
	CONF_SECTION_BGP,
	CONF_SECTION_VRF,
	CONF_SECTION_BFD_PROFILE,
	CONF_SECTION_PREFIX_LIST,
	CONF_SECTION_POLICY,
	CONF_SECTION_INTERFACE,
	CONF_SECTION_NEIGHBOR,
	CONF_SECTION_TEMPLATE, /* has the keys of a neighbour */
	CONF_SECTION_RULE,
	CONF_SECTION_ANNOUNCE,
	CONF_SECTION_KERNEL,
	CONF_SECTION_CONTROL,
	CONF_SECTION_CONTRIBUTOR,
	CONF_SECTIONS_N,
};

/* What stands behind '='. "list": parted by commas, the key may be repeated. */
enum conf_type {
	CONF_TYPE_NUMBER,            /* min..max */
	CONF_TYPE_BOOL,              /* yes, no */
	CONF_TYPE_SECONDS,           /* a duration of whole seconds, min..max; bare: seconds */
	CONF_TYPE_SIZE,              /* bytes, min..max; K, M, G, T are powers of 1024 */
	CONF_TYPE_INTERVAL,          /* a duration in microseconds; the unit must be there */
	CONF_TYPE_AS,                /* asplain or asdot */
	CONF_TYPE_REMOTE_AS,         /* AS, external, internal */
	CONF_TYPE_TEXT,              /* anything */
	CONF_TYPE_FILE,              /* a name without '/', or an absolute path */
	CONF_TYPE_INTERFACE,         /* a device's name */
	CONF_TYPE_ROUTER_ID,         /* an IPv4 address or an interface */
	CONF_TYPE_ADDRESS_IPV4,      /* an IPv4 address of a host */
	CONF_TYPE_ADDRESS_IPV6,      /* an IPv6 address of a host, not link-local */
	CONF_TYPE_SOURCE,            /* an address or an interface */
	CONF_TYPE_TABLE,             /* a routing table's number */
	CONF_TYPE_ID_RANGE,          /* FIRST-LAST */
	CONF_TYPE_FWMARK,            /* VALUE or VALUE/MASK, 0x for hexadecimal */
	CONF_TYPE_VRF,               /* the name of a [vrf], or default */
	CONF_TYPE_TEMPLATE,          /* the name of a [template] */
	CONF_TYPE_BFD_PROFILE,       /* the name of a [bfd-profile] */
	CONF_TYPE_BFD_AUTH,          /* simple, keyed-md5, ... */
	CONF_TYPE_BFD_KEYS,          /* list: ID FILE */
	CONF_TYPE_LENGTH,            /* N, or ge N, le N, or both */
	CONF_TYPE_IMPORT,            /* list: names of [prefix-list] and [policy] */
	CONF_TYPE_PREFIX_LISTS,      /* list: names of [prefix-list] */
	CONF_TYPE_COMMUNITIES,       /* list: N:N, or a well-known name */
	CONF_TYPE_LARGE_COMMUNITIES, /* list: N:N:N */
	CONF_TYPE_EXT_COMMUNITIES,   /* list: rt AS:N, soo AS:N, eight octets (ext_community.h) */
	CONF_TYPE_AS_NUMBERS,        /* list: AS numbers */
	CONF_TYPE_HOSTS,             /* list: an IPv4 and an IPv6 address of hosts, or one */
	CONF_TYPE_PREFIXES,          /* list: PREFIX */
	CONF_TYPE_RULES,             /* list: PREFIX [ge N] [le N] */
	CONF_TYPE_GLOBS,             /* list: [!]GLOB */
	CONF_TYPE_FAMILIES,          /* list: ipv4, ipv6 */
	CONF_TYPE_WHEN,              /* always, address-present, file- or route-present */
	CONF_TYPE_TARGETS,           /* list: ADDRESS [vrf V], vrf V, all */
	CONF_TYPE_VRF_IMPORTS,       /* list: VRF LIST */
	CONF_TYPE_RIGHTS,            /* list: import, announce, neighbors, all */
	CONF_TYPE_BANDWIDTH,         /* bits per second, min..max; the unit must be there */
	CONF_TYPE_WORD, /* one of the row's words; its place among them is the number */
};

enum conf_key {
	CONF_KEY_MATCH_HOST,
	CONF_KEY_MATCH_INTERFACE,
	CONF_KEY_BGP_LOCAL_AS,
	CONF_KEY_BGP_ROUTER_ID,
	CONF_KEY_BGP_ALWAYS_BLOCK,
	CONF_KEY_BGP_DENY_IMPORT,
	CONF_KEY_BGP_POD_NETWORKS,
	CONF_KEY_BGP_DEFERRAL_TIME,
	CONF_KEY_BGP_DRAIN_TIME,
	CONF_KEY_BGP_DRAIN_AT_STOP,
	CONF_KEY_BGP_MEMORY_LIMIT,
	CONF_KEY_VRF_DEVICE,
	CONF_KEY_VRF_TABLE,
	CONF_KEY_VRF_MAXIMUM_PATHS,
	CONF_KEY_VRF_MULTIPATH_RELAX,
	CONF_KEY_VRF_BESTPATH_BANDWIDTH,
	CONF_KEY_VRF_FALLTHROUGH,
	CONF_KEY_VRF_DENY_IMPORT,
	CONF_KEY_VRF_IMPORT_VRF,
	CONF_KEY_VRF_RETURN_FROM,
	CONF_KEY_VRF_RETURN_FWMARK,
	CONF_KEY_BFD_TRANSMIT_INTERVAL,
	CONF_KEY_BFD_RECEIVE_INTERVAL,
	CONF_KEY_BFD_DETECT_MULTIPLIER,
	CONF_KEY_BFD_PASSIVE,
	CONF_KEY_BFD_MINIMUM_TTL,
	CONF_KEY_BFD_ZERO_CHECKSUM,
	CONF_KEY_BFD_UP_DELAY,
	CONF_KEY_BFD_UP_DELAY_MAXIMUM,
	CONF_KEY_BFD_AUTHENTICATION,
	CONF_KEY_BFD_KEY,
	CONF_KEY_LIST_PERMIT,
	CONF_KEY_LIST_DENY,
	CONF_KEY_POLICY_MATCH_PREFIX_LIST,
	CONF_KEY_POLICY_MATCH_COMMUNITY,
	CONF_KEY_POLICY_MATCH_LARGE_COMMUNITY,
	CONF_KEY_POLICY_MATCH_ORIGIN_AS,
	CONF_KEY_POLICY_MATCH_AS_PATH_CONTAINS,
	CONF_KEY_POLICY_MATCH_AS_PATH_LENGTH,
	CONF_KEY_POLICY_SET_LOCAL_PREFERENCE,
	CONF_KEY_POLICY_SET_MED,
	CONF_KEY_POLICY_SET_SOURCE,
	CONF_KEY_POLICY_SET_KERNEL_METRIC,
	CONF_KEY_POLICY_ACTION,
	CONF_KEY_INTERFACE_IMPORT,
	CONF_KEY_NEIGHBOR_DESCRIPTION,
	CONF_KEY_NEIGHBOR_REMOTE_AS,
	CONF_KEY_NEIGHBOR_LOCAL_AS,
	CONF_KEY_NEIGHBOR_PASSWORD_FILE,
	CONF_KEY_NEIGHBOR_BFD_PROFILE,
	CONF_KEY_NEIGHBOR_BFD_STRICT,
	CONF_KEY_NEIGHBOR_BFD_STRICT_HOLD_TIME,
	CONF_KEY_NEIGHBOR_IMPORT,
	CONF_KEY_NEIGHBOR_EXPORT,
	CONF_KEY_NEIGHBOR_NEXT_HOP_IPV4,
	CONF_KEY_NEIGHBOR_NEXT_HOP_IPV6,
	CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX,
	CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX_ACTION,
	CONF_KEY_NEIGHBOR_LOCAL_SPEAKER,
	CONF_KEY_NEIGHBOR_ANNOUNCE_TO,
	CONF_KEY_NEIGHBOR_ALLOW_AS_IN,
	CONF_KEY_NEIGHBOR_MAXIMUM_AS_PATH,
	CONF_KEY_NEIGHBOR_MAXIMUM_COMMUNITIES,
	CONF_KEY_NEIGHBOR_ADDRESS_FAMILY,
	CONF_KEY_NEIGHBOR_EXTENDED_NEXTHOP,
	CONF_KEY_NEIGHBOR_ROUTER_ADVERTISEMENTS,
	CONF_KEY_NEIGHBOR_ADD_PATH,
	CONF_KEY_NEIGHBOR_UPDATE_SOURCE,
	CONF_KEY_NEIGHBOR_PORT,
	CONF_KEY_NEIGHBOR_PASSIVE,
	CONF_KEY_NEIGHBOR_SHUTDOWN,
	CONF_KEY_NEIGHBOR_EBGP_MULTIHOP,
	CONF_KEY_NEIGHBOR_TTL_SECURITY,
	CONF_KEY_NEIGHBOR_EXTENDED_MESSAGE,
	CONF_KEY_NEIGHBOR_ROLE,
	CONF_KEY_NEIGHBOR_ROLE_STRICT,
	CONF_KEY_NEIGHBOR_HOLD_TIME,
	CONF_KEY_NEIGHBOR_KEEPALIVE_TIME,
	CONF_KEY_NEIGHBOR_SEND_HOLD_TIME,
	CONF_KEY_NEIGHBOR_CONNECT_RETRY_TIME,
	CONF_KEY_NEIGHBOR_IDLE_HOLD_TIME,
	CONF_KEY_NEIGHBOR_GRACEFUL_RESTART,
	CONF_KEY_NEIGHBOR_RESTART_TIME,
	CONF_KEY_NEIGHBOR_STALE_TIME,
	CONF_KEY_NEIGHBOR_LONG_LIVED_STALE_TIME,
	CONF_KEY_NEIGHBOR_TEMPLATE,
	CONF_KEY_RULE_FROM,
	CONF_KEY_RULE_TO,
	CONF_KEY_RULE_TO_VRF,
	CONF_KEY_ANNOUNCE_PREFIX,
	CONF_KEY_ANNOUNCE_TO,
	CONF_KEY_ANNOUNCE_COMMUNITY,
	CONF_KEY_ANNOUNCE_LARGE_COMMUNITY,
	CONF_KEY_ANNOUNCE_EXTENDED_COMMUNITY,
	CONF_KEY_ANNOUNCE_LINK_BANDWIDTH,
	CONF_KEY_ANNOUNCE_LOCAL_PREFERENCE,
	CONF_KEY_ANNOUNCE_MED,
	CONF_KEY_ANNOUNCE_AS_PATH_PREPEND,
	CONF_KEY_ANNOUNCE_WHEN,
	CONF_KEY_KERNEL_ROUTE_PROTOCOL,
	CONF_KEY_KERNEL_NEXTHOP_PROTOCOL,
	CONF_KEY_KERNEL_METRIC,
	CONF_KEY_KERNEL_NEXTHOP_ID_RANGE,
	CONF_KEY_KERNEL_NEXTHOP_MODE,
	CONF_KEY_CONTROL_AUTO_RELOAD,
	CONF_KEY_CONTRIBUTOR_MAY,
	CONF_KEYS_N,
};

enum {
	CONF_WORDS_MAX = 6,
};

struct conf_key_row {
	enum conf_section_kind section;
	enum conf_type type;
	const char *name;
	uint64_t min; /* of numbers and durations, in the unit that is stored */
	uint64_t max;
	bool zero;            /* 0 is allowed too */
	const char *fallback; /* the default as it would be written; NULL for none */
	const char *absent;   /* where there is no default: what happens without the key */
	const char *help;     /* one line */
	const char *words[CONF_WORDS_MAX];
};

struct conf_section_row {
	const char *name;
	const char *argument; /* "NAME"; NULL for none */
	enum conf_key first;  /* its keys are first .. first + n - 1 */
	size_t keys_n;
	const char *help;
};

extern const struct conf_key_row conf_keys[CONF_KEYS_N];
extern const struct conf_section_row conf_sections[CONF_SECTIONS_N];

/* The word at that place of a key of type word. */
const char *conf_word(enum conf_key key, unsigned place);
bool conf_section_find(const char *name, enum conf_section_kind *out);
bool conf_key_find(enum conf_section_kind section, const char *name, enum conf_key *out);
bool conf_key_is_list(enum conf_key key);
/* The known name nearest to a wrong one, or NULL when none is near. */
const char *conf_section_nearest(const char *name);
const char *conf_key_nearest(enum conf_section_kind section, const char *name);
enum {
	CONF_RANGE_TEXT_MAX = 96,
};
/* What may stand behind '=', for people: "0 or 3s..65535s". Returns text. */
const char *conf_key_range(enum conf_key key, char text[CONF_RANGE_TEXT_MAX]);
