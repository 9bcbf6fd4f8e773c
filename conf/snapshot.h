/*
 * The texts in force as one snapshot. Pure.
 */
#pragma once

#include "conf/merge.h"

/* Fills everything of the snapshot but its contributors and messages; warnings go to the reports
 * of the texts. Memory is the merge's arena. */
void conf_snapshot_make(struct conf_merge *m, struct conf *c);
/* A section's values as merged from the files that have it. */
struct conf_picked {
	const struct conf_merge *merge;
	enum conf_section_kind kind;
	const struct conf_ref *refs; /* of one name, as conf_merge_refs() sorts them */
	size_t refs_n;
};
/* The value in force, NULL for the default; *file: where it is written (NULL: not wanted). */
const struct conf_value *conf_picked_value(
	const struct conf_picked *p, enum conf_key key, const char **file);
uint64_t conf_picked_number(const struct conf_picked *p, enum conf_key key);  /* or the default */
const char *conf_picked_text(const struct conf_picked *p, enum conf_key key); /* or NULL */
/* Where each of the section's values comes from. */
struct conf_origin *conf_picked_origins(const struct conf_picked *p);
struct conf_origin conf_picked_origin(const struct conf_picked *p); /* of the section */
struct conf_chain conf_picked_chain(const struct conf *c, const struct conf_merge *m,
	const struct conf_ref *ref, enum conf_key key);
/* All files' prefixes of a key, sorted, each once. */
struct conf_prefixes conf_picked_prefixes(const struct conf_picked *p, enum conf_key key);
/* All files' lists of a key; c->lists is there. */
struct conf_lists conf_picked_lists(
	const struct conf *c, const struct conf_picked *p, enum conf_key key);
/* [announce] sections to c->announcements; VRFs and neighbours are there. */
void conf_snapshot_announcements(struct conf_merge *m, struct conf *c);
/* An item of a list of targets; the VRFs are there. */
struct conf_target conf_snapshot_target(const struct conf *c, const struct conf_item *item);
/* The VRF of that name, else the default. */
const struct conf_vrf *conf_snapshot_vrf(const struct conf *c, const char *name);
/* [bfd-profile] sections to c->profiles. */
void conf_snapshot_profiles(struct conf_merge *m, struct conf *c);
/* The profile of a neighbour, NULL for none. Where contributors ask for different timers it is one
 * more profile, with the most aggressive of each and all their names. */
const struct conf_bfd_profile *conf_snapshot_bfd(struct conf *c, const struct conf_picked *p);
/* import-vrf to the VRFs; VRFs and lists are there. */
void conf_snapshot_imports(struct conf_merge *m, struct conf *c);
/* [policy] sections to c->policies; lists are there. */
void conf_snapshot_policies(struct conf_merge *m, struct conf *c);
/* [neighbor] sections to c->neighbors; VRFs, lists and profiles are there. */
void conf_snapshot_neighbors(struct conf_merge *m, struct conf *c);
