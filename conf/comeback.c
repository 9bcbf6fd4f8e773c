/* Contributors that gave way to one that gave way itself (conf/merge.h). */
#include "conf/check.h"

/* What a trial may change of a party. */
struct before {
	struct conf_source *now;
	struct conf_report present;
	struct conf_report last_good;
};

static bool is_due(const struct conf_party *p)
{
	return !p->owner && p->now != p->present && p->gave_way_to &&
	       p->gave_way_to->now != p->gave_way_to_text;
}

static struct before *remember(const struct conf_merge *m)
{
	struct before *b = conf_arena_alloc(m->arena, m->parties_n * sizeof(*b));
	for (size_t i = 0; i < m->parties_n; i++) {
		const struct conf_party *p = &m->parties[i];
		b[i].now = p->now;
		b[i].present = p->present->report;
		if (p->last_good)
			b[i].last_good = p->last_good->report;
	}
	return b;
}

static bool others_stay(
	const struct conf_merge *m, const struct before *b, const struct conf_party *tried)
{
	for (size_t i = 0; i < m->parties_n; i++)
		if (&m->parties[i] != tried && m->parties[i].now != b[i].now)
			return false;
	return true;
}

/* All but the report of the text that was tried, where that says to whom it gives way now. */
static void undo(struct conf_merge *m, const struct before *b, const struct conf_party *tried)
{
	for (size_t i = 0; i < m->parties_n; i++) {
		struct conf_party *p = &m->parties[i];
		p->now = b[i].now;
		if (p != tried)
			p->present->report = b[i].present;
		if (p->last_good && p->last_good != p->present && b[i].last_good.arena)
			p->last_good->report = b[i].last_good;
	}
	conf_template_resolve(m);
}

/* Whether the present text can be in force beside all others as they are. */
static bool try_present(struct conf_merge *m, struct conf_party *p)
{
	const struct before *b = remember(m);
	p->now = p->present;
	conf_report_cut(&p->now->report, p->now->read_n);
	conf_template_resolve(m);
	conf_check_party(m, p);
	struct conf_party *loser = conf_check_contributors(m);
	if (!loser)
		loser = conf_check_announcements(m, false);
	bool gave_way = p->present->report.errors_n;
	if (!loser && !gave_way && others_stay(m, b, p)) {
		p->checked = p->now;
		return true;
	}
	undo(m, b, gave_way ? p : NULL);
	if (!gave_way)
		p->gave_way_to = NULL; /* it would take another out */
	return false;
}

bool conf_merge_come_back(struct conf_merge *m)
{
	for (size_t i = 0; i < m->parties_n; i++)
		if (is_due(&m->parties[i]) && try_present(m, &m->parties[i]))
			return true;
	return false;
}
