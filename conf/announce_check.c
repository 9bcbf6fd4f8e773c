/* [announce] sections against each other and against what their files may do (conf/check.h). */
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"

enum {
	/* For one prefix, of all files: what fits into a message beside it. */
	COMMUNITIES_MAX = 255,
	LARGE_COMMUNITIES_MAX = 128,
	EXT_COMMUNITIES_MAX = 64,
};

static void check_right(
	struct conf_party *p, const struct conf_source_section *s, const struct conf_value *to)
{
	if (!p->owner && !(p->may & CONF_MAY_ANNOUNCE))
		conf_report_error(&p->now->report, to ? to->line : s->line,
			"%s may not announce: the owner lets it only %s", p->name,
			conf_check_rights_text(p->may));
}

static void check_targets(struct conf_merge *m, struct conf_party *p, const struct conf_value *to)
{
	for (size_t i = 0; i < to->items_n; i++) {
		const struct conf_item *item = &to->items[i];
		const struct conf_source_section vrf = {.kind = CONF_SECTION_VRF,
			.line = item->line,
			.name = item->vrf,
			.vrf = item->vrf};
		if (item->vrf || item->peer)
			conf_check_vrf_exists(m, p, item->vrf ? &vrf : item->peer);
	}
}

static void check_when(struct conf_merge *m, struct conf_party *p, const struct conf_value *when)
{
	const struct conf_source_section vrf = {.kind = CONF_SECTION_VRF,
		.line = when->line,
		.name = when->path,
		.vrf = when->path};
	if (when->line && when->number == CONF_WHEN_ROUTE_PRESENT)
		conf_check_vrf_exists(m, p, &vrf);
}

void conf_check_announce(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	check_right(p, s, NULL);
	check_targets(m, p, conf_source_value(s, CONF_KEY_ANNOUNCE_TO));
	check_when(m, p, conf_source_value(s, CONF_KEY_ANNOUNCE_WHEN));
}

void conf_check_speaker(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	const struct conf_value *to = conf_source_value(s, CONF_KEY_NEIGHBOR_ANNOUNCE_TO);
	const struct conf_value *speaker = conf_source_value(s, CONF_KEY_NEIGHBOR_LOCAL_SPEAKER);
	if (!to->line)
		return;
	check_right(p, s, to);
	check_targets(m, p, to);
	if (!speaker->number)
		conf_report_error(&p->now->report, to->line,
			"announce-to is for a speaker of this host: set local-speaker = yes too");
}

/* One prefix of one section. */
struct claim {
	struct prefix prefix;
	struct conf_ref ref;
};

/* By prefix; of one prefix the owner's first, then by file, then by line. */
static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int c = prefix_compare(x->prefix, y->prefix);
	if (c)
		return c;
	if (x->ref.party->owner != y->ref.party->owner)
		return x->ref.party->owner ? -1 : 1;
	if (x->ref.party != y->ref.party)
		return x->ref.party < y->ref.party ? -1 : 1;
	return (x->ref.section->line > y->ref.section->line) -
	       (x->ref.section->line < y->ref.section->line);
}

static struct claim *collect(struct conf_merge *m, bool owner, size_t *n)
{
	size_t refs_n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_ANNOUNCE, &refs_n);
	struct claim *claims = NULL;
	*n = 0;
	for (size_t i = 0; i < refs_n; i++) {
		const struct conf_value *v =
			conf_source_value(refs[i].section, CONF_KEY_ANNOUNCE_PREFIX);
		for (size_t j = 0; j < v->items_n && (refs[i].party->owner || !owner); j++)
			*CONF_PUSH(m->arena, claims, *n) =
				(struct claim){v->items[j].rule.prefix, refs[i]};
	}
	if (*n)
		qsort(claims, *n, sizeof(*claims), compare_claims);
	return claims;
}

static bool items_overlap(const struct conf_item *a, const struct conf_item *b)
{
	bool a_all = !a->vrf && !a->peer, b_all = !b->vrf && !b->peer;
	if (a_all || b_all)
		return true;
	if (a->peer && b->peer)
		return strcmp(a->peer->name, b->peer->name) == 0;
	return strcmp(a->vrf ? a->vrf : a->peer->vrf, b->vrf ? b->vrf : b->peer->vrf) == 0;
}

/* Some neighbour may be told of both. */
static bool targets_overlap(
	const struct conf_source_section *a, const struct conf_source_section *b)
{
	const struct conf_value *x = conf_source_value(a, CONF_KEY_ANNOUNCE_TO);
	const struct conf_value *y = conf_source_value(b, CONF_KEY_ANNOUNCE_TO);
	for (size_t i = 0; i < x->items_n; i++)
		for (size_t j = 0; j < y->items_n; j++)
			if (items_overlap(&x->items[i], &y->items[j]))
				return true;
	return false;
}

/* The section said the same in the file's last good text. */
static bool was_good(struct conf_ref r, enum conf_key key)
{
	if (r.party->now != r.party->present || conf_merge_last_good(r.party) == r.party->present)
		return true;
	const struct conf_source_section *old =
		r.party->last_good ? conf_source_find(r.party->last_good, CONF_SECTION_ANNOUNCE,
					     r.section->name)
				   : NULL;
	return old && conf_value_equal(
			      key, conf_source_value(old, key), conf_source_value(r.section, key));
}

static struct conf_party *report_conflict(
	const struct claim *a, const struct claim *b, enum conf_key key)
{
	bool swap = !a->ref.party->owner && was_good(b->ref, key) && !was_good(a->ref, key);
	struct conf_ref winner = swap ? b->ref : a->ref, loser = swap ? a->ref : b->ref;
	const struct conf_value *x = conf_source_value(winner.section, key);
	const struct conf_value *y = conf_source_value(loser.section, key);
	char prefix[PREFIX_TEXT_MAX];
	conf_report_error(&loser.party->now->report, y->line,
		"%s of %s is '%s' in [announce %s], but '%s' in [announce %s] (%s:%u)",
		conf_keys[key].name, prefix_text(a->prefix, prefix), y->text, loser.section->name,
		x->text, winner.section->name, winner.party->text->file, x->line);
	struct conf_party *p = (struct conf_party *)loser.party;
	p->gave_way_to = winner.party;
	p->gave_way_to_text = winner.party->now;
	return p;
}

/* Of two claims on one prefix the one that gives way. before: only what the last good texts decide
 * (conf_check_contributors() tells why). */
static struct conf_party *check_pair(const struct claim *a, const struct claim *b, bool before)
{
	static const enum conf_key keys[] = {CONF_KEY_ANNOUNCE_LOCAL_PREFERENCE,
		CONF_KEY_ANNOUNCE_MED, CONF_KEY_ANNOUNCE_AS_PATH_PREPEND,
		CONF_KEY_ANNOUNCE_LINK_BANDWIDTH};
	if (a->ref.section == b->ref.section)
		return NULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct conf_value *x = conf_source_value(a->ref.section, keys[i]);
		const struct conf_value *y = conf_source_value(b->ref.section, keys[i]);
		if (!x->line || !y->line || x->number == y->number)
			continue;
		if (before && was_good(a->ref, keys[i]) == was_good(b->ref, keys[i]))
			continue;
		if (targets_overlap(a->ref.section, b->ref.section))
			return report_conflict(a, b, keys[i]);
	}
	return NULL;
}

/* What adds up has a limit: the last one that is too much gives way. */
static struct conf_party *check_sum(const struct claim *claims, size_t n)
{
	size_t communities = 0, large = 0, ext = 0;
	char prefix[PREFIX_TEXT_MAX];
	for (size_t i = 0; i < n; i++) {
		struct conf_ref r = claims[i].ref;
		communities += conf_source_value(r.section, CONF_KEY_ANNOUNCE_COMMUNITY)->items_n;
		large += conf_source_value(r.section, CONF_KEY_ANNOUNCE_LARGE_COMMUNITY)->items_n;
		ext += conf_source_value(r.section, CONF_KEY_ANNOUNCE_EXTENDED_COMMUNITY)->items_n;
		ext += conf_source_value(r.section, CONF_KEY_ANNOUNCE_LINK_BANDWIDTH)->line != 0;
		if (communities <= COMMUNITIES_MAX && large <= LARGE_COMMUNITIES_MAX &&
			ext <= EXT_COMMUNITIES_MAX)
			continue;
		conf_report_error(&r.party->now->report, r.section->line,
			"[announce %s]: %s has more than %d communities, %d large or %d extended "
			"ones in all",
			r.section->name, prefix_text(claims[i].prefix, prefix), COMMUNITIES_MAX,
			LARGE_COMMUNITIES_MAX, EXT_COMMUNITIES_MAX);
		return (struct conf_party *)r.party;
	}
	return NULL;
}

static struct conf_party *check_group(const struct claim *claims, size_t n, bool before)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
			struct conf_party *loser = check_pair(&claims[i], &claims[j], before);
			if (loser)
				return loser;
		}
	}
	return before ? NULL : check_sum(claims, n);
}

static struct conf_party *check_groups(const struct claim *claims, size_t n, bool before)
{
	size_t end;
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (!prefix_equal(claims[i].prefix, claims[end].prefix))
				break;
		struct conf_party *loser = check_group(claims + i, end - i, before);
		if (loser)
			return loser;
	}
	return NULL;
}

struct conf_party *conf_check_announcements(struct conf_merge *m, bool owner)
{
	size_t n;
	struct claim *claims = collect(m, owner, &n);
	struct conf_party *loser = owner ? NULL : check_groups(claims, n, true);
	if (!loser)
		loser = check_groups(claims, n, false);
	conf_arena_give_back(m->arena, claims, n * sizeof(*claims));
	return loser;
}
