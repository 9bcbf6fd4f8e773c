/* Contributors that contradict each other (conf/check.h). */
#include <string.h>

#include "conf/check.h"

/* The value stood already in the file's last good text. */
static bool was_good(
	const struct conf_party *p, const struct conf_source_section *s, enum conf_key key)
{
	if (p->now != p->present || conf_merge_last_good(p) == p->present)
		return true;
	const struct conf_source_section *old =
		p->last_good ? conf_source_find(p->last_good, CONF_SECTION_NEIGHBOR, s->name)
			     : NULL;
	return old && conf_value_equal(key, conf_source_value(old, key), conf_source_value(s, key));
}

static const char *reason(struct conf_ref winner, struct conf_ref loser, enum conf_key key)
{
	if (was_good(winner.party, winner.section, key) &&
		!was_good(loser.party, loser.section, key))
		return ", which was in force before";
	return winner.party < loser.party ? ", which comes first by name" : "";
}

/* b gives way to a: everything of this neighbour that they differ in. */
static void report_conflicts(struct conf_merge *m, struct conf_ref a, struct conf_ref b)
{
	const struct conf_section_row *row = &conf_sections[CONF_SECTION_NEIGHBOR];
	for (size_t i = 0; i < row->keys_n; i++) {
		enum conf_key key = (enum conf_key)(row->first + i);
		const struct conf_value *x = conf_source_value(a.section, key);
		const struct conf_value *y = conf_source_value(b.section, key);
		if (!x->line || !y->line || conf_merge_adds_up(key) ||
			conf_merge_agree(m, key, a.party, x, b.party, y))
			continue;
		conf_report_error(&b.party->now->report, y->line,
			"%s of %s is '%s', but %s:%u of %s says '%s'%s", conf_keys[key].name,
			conf_source_title(m->arena, b.section), y->text, a.party->text->file,
			x->line, a.party->name, x->text, reason(a, b, key));
	}
}

/* The one of two that gives way because of one key. */
static struct conf_party *loser_of(
	struct conf_merge *m, struct conf_ref a, struct conf_ref b, enum conf_key key)
{
	bool b_stays = was_good(b.party, b.section, key) && !was_good(a.party, a.section, key);
	struct conf_ref winner = b_stays ? b : a, loser = b_stays ? a : b;
	struct conf_party *p = (struct conf_party *)loser.party;
	report_conflicts(m, winner, loser);
	p->gave_way_to = winner.party;
	p->gave_way_to_text = winner.party->now;
	return p;
}

/* What was in force before decides between the two. */
static bool settled_before(struct conf_ref a, struct conf_ref b, enum conf_key key)
{
	return was_good(a.party, a.section, key) != was_good(b.party, b.section, key);
}

/* refs[0 .. n) are of one neighbour. before: only what settled_before() decides. */
static struct conf_party *check_group(
	struct conf_merge *m, const struct conf_ref *refs, size_t n, bool before)
{
	const struct conf_section_row *row = &conf_sections[CONF_SECTION_NEIGHBOR];
	if (refs[0].party->owner)
		return NULL;
	for (size_t i = 0; i < row->keys_n; i++) {
		enum conf_key key = (enum conf_key)(row->first + i);
		struct conf_ref first = {0};
		for (size_t j = 0; j < n && !conf_merge_adds_up(key); j++) {
			const struct conf_value *v = conf_source_value(refs[j].section, key);
			if (!v->line || !refs[j].party->now)
				continue;
			bool agree =
				!first.section ||
				conf_merge_agree(m, key, first.party,
					conf_source_value(first.section, key), refs[j].party, v);
			if (!agree && (!before || settled_before(first, refs[j], key)))
				return loser_of(m, first, refs[j], key);
			/* of `external` and a number the number says more */
			if (!first.section || (agree && v->remote_as == CONF_REMOTE_AS_NUMBER))
				first = refs[j];
		}
	}
	return NULL;
}

static struct conf_party *check_groups(struct conf_merge *m, bool before)
{
	size_t n, end;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_NEIGHBOR, &n);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (strcmp(refs[i].section->name, refs[end].section->name) != 0)
				break;
		struct conf_party *loser = check_group(m, refs + i, end - i, before);
		/* One of which nothing stays adds nothing new: what was compared still holds. */
		while (loser && (loser->now != loser->present || !conf_merge_last_good(loser) ||
					loser->last_good == loser->present)) {
			conf_merge_demote(loser);
			loser = check_group(m, refs + i, end - i, before);
		}
		if (loser)
			return loser;
	}
	return NULL;
}

/* What was in force counts first: a file that gives way because of its name must not do so to one
 * that has to give way itself. */
struct conf_party *conf_check_contributors(struct conf_merge *m)
{
	struct conf_party *loser = check_groups(m, true);
	return loser ? loser : check_groups(m, false);
}
