/* [announce] sections against what their files may do (conf/check.h). */
#include "conf/check.h"
#include "conf/near.h"

static void check_right(
	struct conf_party *p, const struct conf_source_section *s, const struct conf_value *to)
{
	if (!p->owner && !(p->may & CONF_MAY_ANNOUNCE))
		conf_report_error(&p->now->report, to ? to->line : s->line,
			"%s may not announce: the owner lets it only %s", p->name,
			conf_check_rights_text(p->may));
}

/* In the text of any file, whatever becomes of that text. */
static bool is_declared(const struct conf_merge *m, const char *name)
{
	for (size_t i = 0; i < m->parties_n; i++) {
		const struct conf_party *p = &m->parties[i];
		const struct conf_source *good = conf_merge_last_good(p);
		if (conf_source_find(p->present, CONF_SECTION_NEIGHBOR, name) ||
			(good && conf_source_find(good, CONF_SECTION_NEIGHBOR, name)))
			return true;
	}
	return false;
}

/* A word alone is read as an interface that names a neighbour. Where no file declares that one, it
 * is an error to write what can only be meant otherwise. Whether the interface exists does not
 * count: what is right must not become wrong when a link goes. */
static void check_word(
	struct conf_merge *m, struct conf_party *p, const char *key, const struct conf_item *item)
{
	const char *word = item->peer->interface;
	struct conf_near near = conf_near_init(word);
	conf_near_offer(&near, "all");
	bool all = near.best && near.distance == 1, vrf = conf_check_owner_has_vrf(m, word);
	if ((!all && !vrf) || is_declared(m, item->peer->name))
		return;
	if (vrf)
		conf_report_error(&p->now->report, item->line,
			"%s: '%s' is a VRF, and no file has [neighbor %s]; write 'vrf %s'", key,
			word, word, word);
	else
		conf_report_error(&p->now->report, item->line,
			"%s: '%s' is neither all, vrf NAME nor a neighbour; did you mean 'all'?",
			key, word);
}

static void check_targets(
	struct conf_merge *m, struct conf_party *p, const char *key, const struct conf_value *to)
{
	for (size_t i = 0; i < to->items_n; i++) {
		const struct conf_item *item = &to->items[i];
		const struct conf_source_section vrf = {.kind = CONF_SECTION_VRF,
			.line = item->line,
			.name = item->vrf,
			.vrf = item->vrf};
		if (item->vrf || item->peer)
			conf_check_vrf_exists(m, p, item->vrf ? &vrf : item->peer);
		if (item->peer && item->peer->address.family == ADDR_NONE &&
			item->peer->vrf_of_interface)
			check_word(m, p, key, item);
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
	check_targets(m, p, "to", conf_source_value(s, CONF_KEY_ANNOUNCE_TO));
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
	check_targets(m, p, "announce-to", to);
	if (!speaker->number)
		conf_report_error(&p->now->report, to->line,
			"announce-to is for a speaker of this host: set local-speaker = yes too");
}
