/*
 * The attributes that an [announce] section gives its prefixes, as they are offered to the
 * Adj-RIB-Out. Pure. bgp process.
 */
#pragma once

#include "conf/conf.h"
#include "rib/attr.h"

/* A reference, of that store; aborts without memory. as: ours, for as-path-prepend. */
const struct attrs *announced_attrs(
	struct attr_store *store, const struct conf_announcement *c, uint32_t as);
