/* Who is routed by which VRF's table: [vrf] return-from and return-fwmark, [rule] (conf/check.h).
 */
#include <inttypes.h>
#include <string.h>

#include "conf/check.h"

/* One pair of source and destination that a section claims; to.addr.family 0: any. */
struct claim {
	const struct conf_party *party;
	const struct conf_source_section *section;
	const char *vrf;
	struct prefix from;
	struct prefix to;
	unsigned line;
};

struct claims {
	struct conf_arena *arena;
	struct claim *claim;
	size_t n;
};

static void claim_pairs(struct claims *c, const struct claim *like, const struct conf_item *from,
	const struct conf_value *to)
{
	struct claim x = *like;
	x.from = from->rule.prefix;
	x.line = from->line;
	if (!to || !to->line)
		*CONF_PUSH(c->arena, c->claim, c->n) = x;
	for (size_t i = 0; to && i < to->items_n; i++) {
		x.to = to->items[i].rule.prefix;
		if (x.to.addr.family == x.from.addr.family)
			*CONF_PUSH(c->arena, c->claim, c->n) = x;
	}
}

static void claim_section(
	struct claims *c, const struct conf_party *p, const struct conf_source_section *s)
{
	bool rule = s->kind == CONF_SECTION_RULE;
	const struct conf_value *from =
		conf_source_value(s, rule ? CONF_KEY_RULE_FROM : CONF_KEY_VRF_RETURN_FROM);
	struct claim like = {.party = p,
		.section = s,
		.vrf = rule ? conf_source_value(s, CONF_KEY_RULE_TO_VRF)->text : s->name};
	for (size_t i = 0; like.vrf && i < from->items_n; i++)
		claim_pairs(c, &like, &from->items[i],
			rule ? conf_source_value(s, CONF_KEY_RULE_TO) : NULL);
}

/* Of the owner's files up to this one; the party's own are at the end. */
static struct claims claims_until(const struct conf_merge *m, const struct conf_party *last)
{
	struct claims c = {.arena = m->arena};
	for (const struct conf_party *p = m->parties; p <= last; p++)
		for (size_t i = 0; p->owner && p->now && i < p->now->sections_n; i++) {
			const struct conf_source_section *s = &p->now->sections[i];
			if (s->kind == CONF_SECTION_VRF || s->kind == CONF_SECTION_RULE)
				claim_section(&c, p, s);
		}
	return c;
}

static bool contradict(const struct claim *a, const struct claim *b)
{
	return prefix_equal(a->from, b->from) && prefix_equal(a->to, b->to) &&
	       strcmp(a->vrf, b->vrf) != 0;
}

static void check_claims(struct conf_merge *m, struct conf_party *p)
{
	char text[PREFIX_TEXT_MAX];
	struct claims c = claims_until(m, p);
	if (c.n > CONF_RULES_MAX) {
		conf_report_error(&p->now->report, c.claim[c.n - 1].line,
			"there are %zu pairs of from and to in [vrf] and [rule]; %d at most", c.n,
			CONF_RULES_MAX);
		return;
	}
	for (size_t i = 0; i < c.n; i++)
		for (size_t j = 0; j < i && c.claim[i].party == p; j++) {
			const struct claim *a = &c.claim[j], *b = &c.claim[i];
			if (contradict(a, b))
				conf_report_error(&p->now->report, b->line,
					"packets from %s are for vrf %s here and for vrf %s in "
					"%s:%u",
					prefix_text(b->from, text), b->vrf, a->vrf,
					a->party->text->file, a->line);
		}
}

static void check_target(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	const struct conf_value *vrf = conf_source_value(s, CONF_KEY_RULE_TO_VRF);
	if (!vrf->line || conf_check_owner_has_vrf(m, vrf->text))
		return;
	const char *near = conf_check_nearest(m, p, CONF_SECTION_VRF, vrf->text);
	conf_report_error(&p->now->report, vrf->line, "%s: unknown vrf '%s'%s%s%s",
		conf_source_title(m->arena, s), vrf->text, near ? "; did you mean '" : "",
		near ? near : "", near ? "'?" : "");
}

static bool marks_meet(const struct conf_value *a, const struct conf_value *b)
{
	uint64_t both = a->last & b->last;
	return (a->number & both) == (b->number & both);
}

/* Another VRF, of this file above or of a file before, whose mark a packet may have too. */
static void check_mark(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	size_t n;
	const struct conf_value *mine = conf_source_value(s, CONF_KEY_VRF_RETURN_FWMARK);
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_VRF, &n);
	for (size_t i = 0; mine->line && i < n; i++) {
		const struct conf_source_section *t = refs[i].section;
		const struct conf_value *v = conf_source_value(t, CONF_KEY_VRF_RETURN_FWMARK);
		bool before = refs[i].party < p || (refs[i].party == p && t->line < s->line);
		if (before && refs[i].party->owner && v->line && strcmp(t->name, s->name) != 0 &&
			marks_meet(mine, v))
			conf_report_error(&p->now->report, mine->line,
				"return-fwmark of [vrf %s] and of [vrf %s] (%s:%u) can be on one "
				"packet",
				s->name, t->name, refs[i].party->text->file, v->line);
	}
}

void conf_check_rules(struct conf_merge *m, struct conf_party *p)
{
	for (size_t i = 0; i < p->now->sections_n; i++) {
		const struct conf_source_section *s = &p->now->sections[i];
		if (s->kind == CONF_SECTION_RULE)
			check_target(m, p, s);
		if (s->kind == CONF_SECTION_VRF)
			check_mark(m, p, s);
	}
	check_claims(m, p);
}
