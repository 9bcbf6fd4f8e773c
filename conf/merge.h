/*
 * Which text of which file is in force: rights, references, conflicts, quarantine. Pure.
 *
 * A party is a file that takes part. Its present text is in force unless it is in error by itself
 * or against the others; then its last good text is, if that is without error; else nothing of it.
 * The result depends on the texts alone, not on the order they are given in: the owner's files are
 * settled first, the main file before the others by name, then the contributors by name.
 *
 * Where a contributor contradicts the owner or another about a neighbour or a prefix, that section
 * alone is not in force (conf/quarantine.h).
 */
#pragma once

#include "conf/source.h"

struct conf_party {
	const struct conf_text *text;
	const char *name;
	bool main;
	bool owner;
	uint64_t may; /* CONF_MAY_* */
	struct conf_source *present;
	const struct conf_site *site;
	bool last_good_due;            /* it is there and was not read yet */
	struct conf_source *last_good; /* conf_merge_last_good() */
	struct conf_source *now;       /* in force: one of the two, or NULL; at last without what is
					* in quarantine */
	struct conf_source *checked;   /* of a contributor: found without error */
	struct conf_source *whole;     /* what `now` was with all its sections */
	size_t aside_n;
	struct conf_aside_section *aside;
	const char *kept; /* where sections are aside: the text of `now` */
	size_t kept_len;
};

/* A contributor's section in quarantine. */
struct conf_aside_section {
	const struct conf_source_section *section;
	const struct conf_source_section
		*before; /* of the last good text, in force instead; NULL */
};

struct conf_merge {
	struct conf_arena *arena;
	const struct conf_site *site;
	size_t parties_n;
	struct conf_party *parties; /* the main file, the others by name */
};

/* A section and whose it is. */
struct conf_ref {
	const struct conf_party *party;
	struct conf_source_section *section; /* NULL: none */
};

/* The last good text, read when it is asked for; NULL: none, in error by itself, or not for this
 * host. The present one where both are the same. */
struct conf_source *conf_merge_last_good(const struct conf_party *p);
/* Takes the text out of force: its last good one is, or nothing of it. */
void conf_merge_demote(struct conf_party *p);
/* Sets `now`, `owner` and `may` of every party; errors stand in the sources' reports. */
void conf_merge_settle(struct conf_merge *m);

/* All sections of a kind that are in force, sorted by name; of one name the owner's first (main,
 * then by file), then the contributors' by file. */
struct conf_ref *conf_merge_refs(
	const struct conf_merge *m, enum conf_section_kind kind, size_t *n);
/* What a name means in a party's file: its own section, else the owner's. */
struct conf_ref conf_merge_lookup(const struct conf_merge *m, const struct conf_party *p,
	enum conf_section_kind kind, const char *name);
/* The same for a name in `import`: a prefix list or a policy. */
struct conf_ref conf_merge_lookup_import(
	const struct conf_merge *m, const struct conf_party *p, const char *name);
/* template.c. Sets `template` of all sections in force that name one; where it is missing or leads
 * in a circle there is none. */
void conf_template_resolve(struct conf_merge *m);
/* The same for one section, by the names of that party's text in force. */
void conf_template_resolve_section(
	const struct conf_merge *m, const struct conf_party *p, struct conf_source_section *s);
bool conf_template_user(const struct conf_source_section *s);
/* Reports a template that is missing or leads in a circle. */
void conf_template_check(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s);
/* The section that holds the value of a key, the one itself where none does. */
struct conf_ref conf_template_holder(const struct conf_ref *ref, enum conf_key key);
/* The owner's value of a key: the first of its files that sets it. NULL: none. */
const struct conf_value *conf_merge_owner_value(const struct conf_merge *m,
	enum conf_section_kind kind, const char *name, enum conf_key key,
	const struct conf_party **party);
/* Chains, prefixes and rules of several files add up; everything else is a scalar. */
bool conf_merge_adds_up(enum conf_key key);
/* Do two files say the same of a neighbour? `external` and a number agree, and so do BFD profiles
 * of contributors that differ in timers alone. */
bool conf_merge_agree(const struct conf_merge *m, enum conf_key key, const struct conf_party *p,
	const struct conf_value *a, const struct conf_party *q, const struct conf_value *b);
