/* [announce] sections against what their files may do (conf/check.h). */
#include "conf/check.h"

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
