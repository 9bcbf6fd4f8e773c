/*
 * The three processes. Each is this program executed anew with its own ends of the channels: so a
 * process that never was root gives up a capability without capset(2), which the unit refuses, and
 * none knows the other's address space. What one has to know stands in its option --as:
 *
 *   bgp,BULK,URGENT,BFD,FIB-PID,BFD-PID   CAP_NET_BIND_SERVICE
 *   fib,BULK,URGENT,DOWN,ADVERT           CAP_NET_ADMIN
 *   bfd,BGP,DOWN                          none
 *
 * The words in capitals are descriptors, but for the last two of bgp; ADVERT may be -errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bgpd-lite/priv.h"

enum role_kind {
	ROLE_BGP,
	ROLE_FIB,
	ROLE_BFD,
};

enum {
	ROLE_VALUES_MAX = 5,
};

struct role {
	enum role_kind kind;
	int values[ROLE_VALUES_MAX];
};

/* Reads what stands behind --as. false: not such a text, or a descriptor that is not open. */
bool role_parse(const char *text, struct role *out);

/* "bgp", "fib" or "bfd". */
const char *role_name(enum role_kind kind);

/* The one capability of the process: *caps points at it. How many: 1 or 0. */
int role_caps(enum role_kind kind, const cap_value_t **caps);

/* Becomes the role with the arguments that this program was started with, and the user that was
 * found. Its capability, and no other, is handed on by the ambient set (root needs none); all
 * descriptors of ours but the role's close. Returns only when that failed: -errno. */
int role_become(const struct role *role, int argc, char **argv, const struct priv_user *user);
