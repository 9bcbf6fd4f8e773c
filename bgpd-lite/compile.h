/*
 * A snapshot's lists and policies as filters of the RIB, each list once. bgp process. Pure.
 *
 * Without memory these functions abort: a filter that lacks a chain must never be in force.
 */
#pragma once

#include "conf/conf.h"
#include "rib/filter.h"
#include "rib/rib.h"

struct daemon;

struct compiled {
	const struct conf *conf;
	struct filter_list **lists; /* by index of conf->lists */
	struct policy **policies;   /* by index of conf->policies */
};

void compile(struct compiled *c, const struct conf *conf);
/* The filters that were made of it live on. */
void compiled_free(struct compiled *c);
/* n chains of the snapshot as one filter, a reference to be put; NULL for none. */
struct filter *compile_chains(const struct compiled *c, const struct conf_chain *chains, size_t n);
/* What the VRF never learns: a chain for each list; NULL: no list. */
struct filter *compile_deny(const struct compiled *c, const struct conf_vrf *vrf);
/* What the VRF takes from others, each of them once: *n, to be given back by
 * compiled_imports_free(). slot() says the VRF's index in the RIB by name, below 0: it has none,
 * and gives nothing. */
struct rib_import *compile_imports(const struct compiled *c, const struct conf_vrf *vrf,
	int (*slot)(const struct daemon *d, const char *name), const struct daemon *d, size_t *n);
void compiled_imports_free(struct rib_import *imports, size_t n); /* NULL: nothing */
/* A neighbour's import, the owner's chains first; NULL: it has none. */
struct filter *compile_import(const struct compiled *compiled, const struct conf_neighbor *c);
/* What its paths may have. */
struct rib_bounds compile_bounds(const struct conf_neighbor *c);
