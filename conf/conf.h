/*
 * The configuration as one immutable snapshot: what all files together ask for, checked, merged,
 * every value with the place it came from. The bgp process and `--check` use it.
 *
 * A snapshot owns all its memory; conf_free() frees all of it. Names are unique where it says so.
 * Values are in force, defaults filled in. Intervals carry their unit in the name.
 *
 * Each value knows its place: `origins` of a struct is indexed by key, counted from the first key
 * of its section (conf/schema.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/ext_community.h"

/* Where a value was written. line 0: a default, or a file as a whole. file is never NULL; a last
 * good text has " (last good)" behind its file's name. */
struct conf_origin {
	const char *file;
	unsigned line;
};

/* One rule of a prefix list: the first that matches decides. A default route is learnt only where
 * it is named, so `permit = 0.0.0.0/0 le 32` is a rule with ge 1: only 0.0.0.0/0 alone, or with a
 * written `ge 0`, gives a permitting rule with ge 0. A denying rule takes the default route in. */
struct conf_prefix_rule {
	struct prefix prefix;
	uint8_t ge; /* shortest length that matches */
	uint8_t le; /* longest */
	bool permit;
	struct conf_origin origin;
};

/* A [prefix-list NAME] of one contributor; names are local to the file that holds it. */
struct conf_prefix_list {
	const char *name;
	const char *contributor;
	struct conf_origin origin;
	size_t rules_n;
	struct conf_prefix_rule *rules;
};

enum conf_action {
	CONF_ACTION_DENY,
	CONF_ACTION_PERMIT,
	CONF_ACTION_NEXT,
};

struct conf_large_community {
	uint32_t number[3];
};

/* A [policy NAME] of one contributor: one rule. Conditions with n 0 are not given. */
struct conf_policy {
	const char *name;
	const char *contributor;
	struct conf_origin origin;
	const struct conf_origin *origins;
	size_t lists_n;
	const struct conf_prefix_list **lists;
	size_t communities_n;
	uint32_t *communities;
	size_t large_n;
	struct conf_large_community *large;
	size_t origin_as_n;
	uint32_t *origin_as;
	size_t contains_n;
	uint32_t *contains;
	uint16_t length_min; /* 0 and 65535 where no length is given */
	uint16_t length_max;
	bool set_local_preference;
	bool set_med;
	uint32_t local_preference;
	uint32_t med;
	struct addr source[2];  /* IPv4, IPv6; ADDR_NONE: not set */
	uint32_t kernel_metric; /* 0: not set */
	enum conf_action action;
};

/* One of the two. */
struct conf_step {
	const struct conf_prefix_list *list;
	const struct conf_policy *policy;
};

/* Lists and policies tried in order: a rule's permit or deny is final, no match means the next
 * list; at the end deny. */
struct conf_chain {
	const char *contributor; /* who asked for it */
	bool owner;              /* it is a file of the owner's */
	struct conf_origin origin;
	size_t steps_n;
	struct conf_step *steps;
};

enum {
	CONF_BFD_KEYS_MAX = 4,
};

struct conf_bfd_key {
	uint8_t id;
	const char *file; /* as written */
};

/* Names are local to a file; the built-in profile "default" is the first of the array. */
struct conf_bfd_profile {
	const char *name;
	struct conf_origin origin;
	const struct conf_origin *origins;
	uint32_t transmit_interval_us; /* default 300 ms, 10 ms .. 60 s */
	uint32_t receive_interval_us;
	uint8_t detect_multiplier;   /* default 3, 1..255 (1 warns) */
	bool passive;                /* default no */
	uint8_t minimum_ttl;         /* of multihop; default 1 */
	bool zero_checksum;          /* IPv6 without UDP checksum is accepted; default no */
	uint16_t up_delay_s;         /* default 0 */
	uint16_t up_delay_maximum_s; /* default 60 */
	uint8_t authentication;      /* Auth Type of RFC 5880 4.1, 0: none */
	size_t keys_n;               /* 0 without authentication; the first is sent with */
	struct conf_bfd_key keys[CONF_BFD_KEYS_MAX];
};

/* Prefixes of one key of all files; sorted, unique. */
struct conf_prefixes {
	size_t n;
	struct prefix *prefix;
	struct conf_origin *origin; /* of each */
};

/* Lists of all files of the owner; what one of them permits is refused. Each once. */
struct conf_lists {
	size_t n;
	const struct conf_prefix_list **list;
	struct conf_origin *origin; /* of each: where it is named */
};

enum {
	CONF_INTERFACE_NAME_MAX = 16, /* IFNAMSIZ, with NUL */
};

enum conf_bandwidth {
	CONF_BANDWIDTH_IGNORE, /* the default */
	CONF_BANDWIDTH_ALL,
	CONF_BANDWIDTH_SKIP_MISSING,
	CONF_BANDWIDTH_DEFAULT_WEIGHT,
};

struct conf_vrf;
/* Paths of another VRF of prefixes that the list permits; each pair once. */
struct conf_vrf_import {
	const struct conf_vrf *vrf;
	const struct conf_prefix_list *list;
	struct conf_origin origin;
};

struct conf_vrf {
	const char *name; /* unique; "default" always exists, first of the array */
	struct conf_origin origin;
	const struct conf_origin *origins;
	char device[CONF_INTERFACE_NAME_MAX]; /* "" for none: sockets are not bound */
	uint32_t table;                       /* 0: read from the device; default VRF: 254 */
	uint16_t maximum_paths;               /* default 16, 1..128 */
	bool multipath_relax;                 /* default true */
	enum conf_bandwidth bestpath_bandwidth;
	bool fallthrough; /* default false, in [vrf default] true: a miss goes on to main */
	struct conf_lists deny_import;
	struct conf_vrf_import *imports; /* what it takes from others */
	size_t imports_n;
	struct conf_prefixes return_from; /* sources that are routed by its table */
	uint32_t return_fwmark;           /* and packets with this mark; 0: none */
	uint32_t return_fwmask;
};

struct conf_interface {
	char name[CONF_INTERFACE_NAME_MAX]; /* unique */
	struct conf_origin origin;
	struct conf_chain import; /* the owner's ceiling; steps_n 0: none */
};

/* Packets from .. to (n 0: anywhere) are routed by the table of a VRF: each pair of one family. */
struct conf_rule {
	const char *name; /* unique */
	struct conf_origin origin;
	const struct conf_origin *origins;
	const struct conf_vrf *vrf;
	struct conf_prefixes from;
	struct conf_prefixes to;
};

enum conf_remote_as {
	CONF_REMOTE_AS_NUMBER =
		0, /* or not given by anybody: remote_as is 0, the neighbour waits */
	CONF_REMOTE_AS_EXTERNAL,
	CONF_REMOTE_AS_INTERNAL,
};

/* Places of the words of maximum-prefix-action. */
enum conf_limit_action {
	CONF_LIMIT_WARN,
	CONF_LIMIT_BLOCK,
	CONF_LIMIT_SHUTDOWN,
	CONF_LIMIT_RESTART,
};

/* Places of the words of add-path. */
enum conf_add_path {
	CONF_ADD_PATH_NO,
	CONF_ADD_PATH_RECEIVE,
};

/* Places of the words of graceful-restart. */
enum conf_graceful {
	CONF_GRACEFUL_OFF,
	CONF_GRACEFUL_HELPER,
	CONF_GRACEFUL_FULL,
};

/* Places of the words of role; enum bgp_role. */
enum conf_role {
	CONF_ROLE_NONE,
	CONF_ROLE_PROVIDER,
	CONF_ROLE_RS_SERVER,
	CONF_ROLE_RS_CLIENT,
	CONF_ROLE_CUSTOMER,
	CONF_ROLE_PEER,
};

enum {
	CONF_FAMILY_IPV4 = 1, /* bits of conf_neighbor.families */
	CONF_FAMILY_IPV6 = 2,
};

/* Who is told of an announcement. */
enum conf_target_kind {
	CONF_TARGET_ALL,
	CONF_TARGET_VRF,
	CONF_TARGET_NEIGHBOR,
};
struct conf_target {
	enum conf_target_kind kind;
	const struct conf_vrf *vrf; /* of a VRF and of a neighbour */
	struct addr address;        /* of a neighbour */
	char interface[CONF_INTERFACE_NAME_MAX];
	bool vrf_of_interface; /* as of a neighbour */
};

struct conf_neighbor {
	/* key: address, interface (of a link-local address, or alone; "" otherwise) and VRF; unique
	 */
	struct addr address; /* ADDR_NONE: the one neighbour of that interface (unnumbered) */
	char interface[CONF_INTERFACE_NAME_MAX];
	const struct conf_vrf *vrf;
	bool vrf_of_interface; /* no VRF is written, but an interface: vrf is that of the interface;
				* conf_build() says default, the bgp process knows better */
	const char *name;      /* as a person writes it: "192.0.2.1", "192.0.2.1 vrf red",
				* "fe80::1%eth0", "eth0" */
	struct conf_origin origin;
	const struct conf_origin *origins;
	const char *description; /* "" for none */
	uint32_t local_as;       /* its own, else that of [bgp] */
	enum conf_remote_as remote_as_kind;
	uint32_t remote_as;    /* 0 for external and internal and where nobody gave one */
	uint16_t port;         /* default 179 */
	bool passive;          /* default no: we connect */
	bool shutdown;         /* default no */
	bool ttl_security;     /* default no: drop below TTL 255 */
	bool extended_message; /* default yes: RFC 8654 */
	uint32_t long_lived_stale_time_s; /* default 0: off */
	enum conf_role role;              /* none of neighbours that are not external */
	bool role_strict;                 /* default no */
	uint8_t ebgp_multihop;            /* default 1 hop */
	struct addr update_source;        /* ADDR_NONE: the kernel chooses */
	char update_source_interface[CONF_INTERFACE_NAME_MAX]; /* "" or an interface whose address
								  is used */
	uint16_t hold_time_s;                                  /* default 90; 0 or 3..65535 */
	uint16_t keepalive_time_s;     /* 0: a third of the negotiated hold time */
	uint16_t send_hold_time_s;     /* 0: twice the negotiated hold time, at least 480 */
	uint16_t connect_retry_time_s; /* default 5, 1..3600 */
	uint16_t idle_hold_time_s;     /* first wait after an error, default 1, doubling to 60 */
	uint32_t families;             /* CONF_FAMILY_*; default the address's own family, both
					* where there is none */
	bool router_advertisements;    /* default yes; where there is no address */
	enum conf_add_path add_path;   /* default no */
	bool extended_nexthop;         /* default: the address is not IPv4 */
	enum conf_graceful graceful;
	uint16_t restart_time_s; /* default 120 */
	uint32_t stale_time_s;   /* default 360 */
	uint32_t maximum_prefix; /* a family; 0: no limit */
	enum conf_limit_action maximum_prefix_action;
	uint8_t allow_as_in;          /* times that our AS may be in an AS_PATH */
	uint16_t maximum_as_path;     /* default 100; 0: no limit */
	uint16_t maximum_communities; /* the same, of all kinds together */
	bool local_speaker;           /* default no: a speaker of this host */
	size_t announce_to_n;         /* of a local speaker: who is told what it announces */
	struct conf_target *announce_to;
	struct conf_origin import_origin; /* of the first chain; file NULL: no import at all */
	size_t imports_n; /* chains, OR-ed: the owner's first (its files: main, then by name), then
			   * by contributor. Where no chain is the owner's, the import of the
			   * interface that the resolved next hop leaves by stands for it. */
	struct conf_chain *imports;
	struct addr next_hop[2];            /* IPv4, IPv6; ADDR_NONE: ourselves */
	struct conf_chain export;           /* what may be announced to it; steps_n 0: all */
	const struct conf_bfd_profile *bfd; /* NULL: no BFD */
	bool bfd_strict;                    /* default no */
	uint16_t bfd_strict_hold_time_s;    /* default 0: for ever */
	const char *password_file;          /* NULL: no MD5; as written (name or absolute path) */
	struct conf_origin password_origin;
};

struct conf_bgp {
	uint32_t local_as;     /* 0: none given (no neighbour can start) */
	struct addr router_id; /* ADDR_NONE: choose */
	char router_id_interface[CONF_INTERFACE_NAME_MAX]; /* "" or where to take it from */
	struct conf_prefixes always_block; /* these and everything longer, in every VRF */
	struct conf_lists deny_import;     /* in every VRF */
	struct conf_prefixes pod_networks; /* the same; and reached by main from every VRF */
	uint16_t deferral_time_s;          /* default 120 */
	uint16_t drain_time_s;             /* default 10, 1..3600 */
	bool drain_at_stop;                /* default no: SIGTERM stops at once */
	uint64_t memory_limit;             /* bytes, default 0: none */
	const struct conf_origin *origins;
};

struct conf_kernel {
	uint8_t route_protocol;    /* default 186 */
	uint8_t nexthop_protocol;  /* default 2 (kernel) */
	uint32_t metric;           /* default 20 */
	uint32_t nexthop_id_first; /* default 1000000000 */
	uint32_t nexthop_id_last;  /* default 1999999999 */
	bool multipath;            /* no nexthop objects; default no */
	const struct conf_origin *origins;
};

struct conf_control {
	bool auto_reload; /* default yes */
	const struct conf_origin *origins;
};

enum conf_when {
	CONF_WHEN_ALWAYS,
	CONF_WHEN_ADDRESS_PRESENT, /* an address of this host lies in the prefix */
	CONF_WHEN_FILE_PRESENT,
	CONF_WHEN_ROUTE_PRESENT, /* a route to the prefix is learnt and used */
};

/* An [announce NAME] of one contributor; names are local to the file that holds it. One prefix may
 * stand in several: they add up, and no two that reach one neighbour contradict each other. */
struct conf_announcement {
	const char *name;
	const char *contributor;
	struct conf_origin origin;
	const struct conf_origin *origins;
	size_t prefixes_n;
	struct prefix *prefixes;
	struct conf_origin *prefix_origins;
	size_t targets_n;
	struct conf_target *targets;
	size_t communities_n;
	uint32_t *communities;
	size_t large_communities_n;
	struct conf_large_community *large_communities;
	size_t ext_communities_n;
	struct ext_community *ext_communities;
	uint64_t link_bandwidth; /* bits per second; 0: none is told */
	bool has_local_preference;
	bool has_med;
	uint32_t local_preference;
	uint32_t med;
	uint8_t as_path_prepend; /* our AS so often beyond the first */
	enum conf_when when;
	const char *when_file;    /* of CONF_WHEN_FILE_PRESENT, absolute */
	struct prefix when_route; /* of CONF_WHEN_ROUTE_PRESENT */
	const struct conf_vrf *when_vrf;
};

/* A section of a contributor that contradicts the owner or another file. */
struct conf_aside {
	const char *section; /* "[neighbor 192.0.2.1]" */
	struct conf_origin origin;
	bool last_good; /* the one of its last good text is in force instead */
};

/* A file that takes part, or could not. */
struct conf_contributor {
	const char *name; /* basename without .conf */
	const char *file;
	bool owner;
	bool quarantined;               /* its present text is not in force */
	size_t aside_n;                 /* sections that are not in force, of a text that else is */
	const struct conf_aside *aside; /* by line */
	const char *kept;               /* where there are some: what is in force of the text */
	size_t kept_len;
	bool last_good;        /* its last good text is in force instead */
	const char *masked_by; /* another file of the same basename, or NULL */
	bool disabled;         /* the administrator switched it off */
	const char *unmatched; /* what of its [match] does not hold here, as it would be written:
				* "host = worker-*"; NULL: it takes part */
	unsigned unmatched_line;
};

/* A glob of [match] interface in some file, and whether an interface has such a name. */
struct conf_watched {
	const char *glob;
	bool present;
};

/* Something to tell: "FILE:LINE: text". */
struct conf_message {
	struct conf_origin origin;
	const char *contributor;
	bool error;       /* else a warning */
	const char *text; /* one line, says what to do */
};

struct conf {
	struct conf_bgp bgp;
	struct conf_kernel kernel;
	struct conf_control control;
	size_t vrfs_n;
	struct conf_vrf *vrfs;
	size_t interfaces_n;
	struct conf_interface *interfaces;
	size_t rules_n;
	struct conf_rule *rules;
	size_t profiles_n;
	struct conf_bfd_profile *profiles;
	size_t lists_n;
	struct conf_prefix_list *lists;
	size_t policies_n;
	struct conf_policy *policies;
	size_t neighbors_n;
	struct conf_neighbor *neighbors;
	size_t announcements_n;
	struct conf_announcement *announcements;
	size_t contributors_n;
	struct conf_contributor *contributors;
	size_t messages_n;
	struct conf_message
		*messages; /* errors and warnings: the main file's, then by file, then by line */
	size_t watched_n;
	struct conf_watched *watched;
	void *arena;
};

/* One text that was read, or should have been. Pure input of conf_build(). */
struct conf_text {
	const char *name; /* contributor: basename without .conf */
	const char *file; /* path, for messages */
	const char *bytes;
	size_t len;
	const char *unreadable; /* not NULL: why it could not be read ("is a directory") */
	const char *last_good;  /* the text of it that was last in force, or NULL */
	size_t last_good_len;
	const char *masked_by; /* not NULL: a later file of this basename replaces it; not used */
	bool disabled;         /* the administrator switched it off; not used */
};

/* Where the configuration is to be used. Borrowed while it is looked at. */
struct conf_site {
	const char *host;
	size_t interfaces_n;
	const char *const *interfaces; /* names, in any order */
};

/* Pure: texts in, snapshot out. texts[0] is the main file, the rest is in any order. site: which
 * host [match] is evaluated for; NULL: one without name and interfaces. Never
 * fails for what is written in the files: errors are messages, files in error are quarantined and
 * their last good text is used. usable: false when the owner's files cannot be used and have no
 * last good text (the daemon exits 78 at start). The caller frees the snapshot. */
struct conf *conf_build(
	const struct conf_text *texts, size_t n, const struct conf_site *site, bool *usable);
/* Interfaces came or went so that another [match] may hold now. */
bool conf_site_moved(const struct conf *c, const struct conf_site *site);
void conf_free(struct conf *c);
/* Nothing of the contributor's present text is in quarantine. */
bool conf_all_in_force(const struct conf_contributor *k);
size_t conf_bytes(const struct conf *c); /* memory held */
