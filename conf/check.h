/*
 * Checks of one file against the others. Pure.
 */
#pragma once

#include "conf/merge.h"

enum {
	CONF_TABLE_MAIN = 254, /* RT_TABLE_MAIN, the default of [vrf default] */
	CONF_VRFS_MAX = 1024,  /* of all files */
	CONF_RULES_MAX = 1024, /* pairs of source and destination of all files */
};

/* What the party's text in force does that it may not, or refers to that is not there; reported in
 * that text's report. */
void conf_check_party(struct conf_merge *m, struct conf_party *p);
/* The same for one section, which may also be of another text of the party. */
void conf_check_section(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s);
/* The same for the [vrf] sections of a file of the owner: device or table, and neither twice. */
/* import-vrf of a [vrf] of the owner. */
void conf_check_imports(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s);
void conf_check_vrfs(struct conf_merge *m, struct conf_party *p);
/* The same for who is routed by which VRF: [vrf] return-from and return-fwmark, [rule]. */
void conf_check_rules(struct conf_merge *m, struct conf_party *p);
/* Reports a name that the party does not see. */
void conf_check_reference(struct conf_merge *m, struct conf_party *p, unsigned line,
	enum conf_section_kind kind, const char *name);
bool conf_check_owner_has_vrf(const struct conf_merge *m, const char *name);
/* Of a [neighbor]: what local-speaker and announce-to ask for. */
void conf_check_speaker(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s);
/* [announce]: the right to, and the VRFs that it names. */
void conf_check_announce(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s);
/* Two announcements of the owner's, of one prefix to one neighbour, that contradict each other: the
 * party that must give way, its report naming both places; NULL when all agree. */
struct conf_party *conf_check_announcements(struct conf_merge *m);
/* The VRF that the section is about is one of the owner's, else an error at the section's line. */
void conf_check_vrf_exists(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s);
/* "import, announce": what a contributor may do, for messages. */
const char *conf_check_rights_text(uint64_t may);
/* The known name nearest to one that a file refers to but does not see, or NULL. */
const char *conf_check_nearest(const struct conf_merge *m, const struct conf_party *p,
	enum conf_section_kind kind, const char *name);
