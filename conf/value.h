/*
 * The value of one key, read by its type. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/report.h"
#include "conf/schema.h"
#include "lib/ext_community.h"

struct conf_source_section; /* conf/source.h */

/* One item of a list. */
struct conf_item {
	unsigned line;
	uint32_t number[3]; /* of a community; an AS number */
	struct ext_community ext;
	const char *name;             /* of a prefix list or policy; of a key's file; a glob */
	uint8_t id;                   /* of a key */
	bool negated;                 /* of a glob: `!` stands before it */
	struct conf_prefix_rule rule; /* of prefixes and rules; ge and le are always set */
	struct addr addr;             /* of a host */
	const struct conf_source_section *peer; /* of a target that is one neighbour, else NULL */
	const char *vrf; /* of a target that is a VRF, of an import from one; else NULL */
};

enum {
	CONF_MAY_IMPORT = 1, /* bits of `may` */
	CONF_MAY_NEIGHBORS = 2,
	CONF_MAY_ALL = 4,
	CONF_MAY_ANNOUNCE = 8,
	CONF_MAY_BY_DEFAULT = CONF_MAY_IMPORT | CONF_MAY_ANNOUNCE,
};

struct conf_value {
	unsigned line;    /* of its first appearance; 0: not set */
	const char *text; /* as written */
	uint64_t number;  /* number, bool, seconds, microseconds, AS, FIRST, bits of families and
			   * rights, place of a word, enum conf_when */
	uint64_t last;    /* LAST of a range, MASK of a mark, the longest length */
	const char *path; /* of a file, or of a VRF, behind the words in text */
	struct prefix prefix;
	enum conf_remote_as remote_as;
	struct addr addr; /* ADDR_NONE where an interface is named */
	size_t items_n;
	struct conf_item *items;
};

/* Reads text into *v, which holds what earlier lines of this key gave. False and reported where it
 * is wrong; a list then keeps its good items. */
bool conf_value_read(struct conf_report *r, enum conf_key key, const char *text, unsigned line,
	struct conf_value *v);
/* The value, or the key's default. */
uint64_t conf_value_number(const struct conf_value *v, enum conf_key key);
/* Both set, and the same. References are compared by name. */
bool conf_value_equal(enum conf_key key, const struct conf_value *a, const struct conf_value *b);
/* "keyed-md5": the words of CONF_TYPE_BFD_AUTH by their number (1..5, RFC 5880 4.1). */
extern const char *const conf_bfd_auth_words[6];
/* An address that a host may have; of IPv6 none that is link-local. */
bool conf_host_ok(struct addr a);
/* A name without '/', or an absolute path. */
bool conf_file_ok(const char *text);
/* A device name as the kernel takes it. */
bool conf_interface_ok(const char *name);
/* A name that people give: letters, digits, '-', '_', '.'; 63 bytes at most. */
bool conf_name_ok(const char *name);
