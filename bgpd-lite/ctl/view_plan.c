/* A plan as JSON. Lists are cut so that the reply stays within its limit; the numbers are whole. */
#include "bgpd-lite/ctl/view.h"

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/plan.h"

enum {
	SESSIONS_MAX = 300,
	OTHERS_MAX = 100, /* interfaces, VRFs */
	MESSAGES_MAX = 150,
};

static const char *change_text(enum plan_change c)
{
	switch (c) {
	case PLAN_ADDED:
		return "added";
	case PLAN_REMOVED:
		return "removed";
	case PLAN_RESET:
		return "reset";
	case PLAN_CHANGED:
		return "changed";
	}
	return "";
}

static json_t *view_keys(uint64_t keys)
{
	const struct conf_section_row *row = &conf_sections[CONF_SECTION_NEIGHBOR];
	json_t *list = json_array();

	for (size_t i = 0; i < row->keys_n; i++)
		if (keys & CONF_DIFF_BIT(row->first + i))
			json_array_append_new(list, json_string(conf_keys[row->first + i].name));
	if (keys & CONF_DIFF_DEVICE)
		json_array_append_new(list, json_string("device of its VRF"));
	return list;
}

static json_t *view_profile(const struct conf_bfd_profile *p)
{
	if (!p)
		return json_null();
	json_t *o = json_object();
	put_us_as_ms(o, "transmit_interval_ms", p->transmit_interval_us);
	put_us_as_ms(o, "receive_interval_ms", p->receive_interval_us);
	put_number(o, "detect_multiplier", p->detect_multiplier);
	return o;
}

static bool bfd_differs(const struct plan_session *s)
{
	if (!s->before || !s->after)
		return (s->before ? s->before : s->after)->bfd;
	return s->keys & CONF_DIFF_BIT(CONF_KEY_NEIGHBOR_BFD_PROFILE);
}

static json_t *view_session(const struct plan_session *s)
{
	const struct conf_neighbor *n = s->after ? s->after : s->before;
	json_t *o = json_object();

	put_text(o, "neighbor", n->name);
	put_text(o, "change", change_text(s->change));
	put_bool(o, "established", s->up);
	put_bool(o, "ends", plan_session_ends(s));
	json_object_set_new(o, "keys", view_keys(s->keys));
	json_object_set_new(o, "reset_keys", view_keys(s->reset_keys));
	put_origin(o, "origin", n->origin);
	if (!bfd_differs(s))
		return o;
	json_object_set_new(o, "bfd_before", view_profile(s->before ? s->before->bfd : NULL));
	json_object_set_new(o, "bfd_after", view_profile(s->after ? s->after->bfd : NULL));
	return o;
}

static void put_sessions(json_t *o, const struct plan *p)
{
	json_t *list = json_array();
	size_t n = p->sessions_n < SESSIONS_MAX ? p->sessions_n : SESSIONS_MAX;

	/* those that end first */
	for (int ends = 1; ends >= 0; ends--)
		for (size_t i = 0; i < p->sessions_n && json_array_size(list) < n; i++) {
			const struct plan_session *s = &p->sessions[i];
			if ((s->change == PLAN_RESET || s->change == PLAN_REMOVED) == (ends != 0))
				json_array_append_new(list, view_session(s));
		}
	json_object_set_new(o, "sessions", list);
	put_number(o, "sessions_left_out", p->sessions_n - n);
}

static json_t *view_change(const char *key, const char *name, enum plan_change change)
{
	json_t *o = json_object();
	put_text(o, key, name);
	put_text(o, "change", change_text(change));
	return o;
}

static void put_places(json_t *o, const struct plan *p)
{
	json_t *interfaces = json_array(), *vrfs = json_array();

	for (size_t i = 0; i < p->interfaces_n && i < OTHERS_MAX; i++)
		json_array_append_new(interfaces,
			view_change("interface", p->interfaces[i].name, p->interfaces[i].change));
	for (size_t i = 0; i < p->vrfs_n && i < OTHERS_MAX; i++) {
		const struct plan_vrf *v = &p->vrfs[i];
		json_array_append_new(vrfs,
			view_change("vrf", (v->after ? v->after : v->before)->name, v->change));
	}
	json_object_set_new(o, "interfaces", interfaces);
	json_object_set_new(o, "vrfs", vrfs);
}

static void put_tables(json_t *o, const struct plan *p)
{
	json_t *list = json_array();

	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++) {
		const uint64_t *n = p->outcomes[i];
		if (!n[RIB_TRIAL_GAINED] && !n[RIB_TRIAL_LOST] && !n[RIB_TRIAL_CHANGED])
			continue;
		json_t *t = json_object();
		put_text(t, "vrf", p->d->vrfs[i].name);
		put_number(t, "table", rib_vrf_table(p->d->rib, i));
		put_number(t, "gained", n[RIB_TRIAL_GAINED]);
		put_number(t, "lost", n[RIB_TRIAL_LOST]);
		put_number(t, "changed", n[RIB_TRIAL_CHANGED]);
		json_array_append_new(list, t);
	}
	json_object_set_new(o, "tables", list);
}

static void put_prefixes(json_t *o, const struct plan *p)
{
	static const char *const words[] = {[RIB_TRIAL_GAINED] = "gained",
		[RIB_TRIAL_LOST] = "lost",
		[RIB_TRIAL_CHANGED] = "changed"};
	json_t *list = json_array();
	uint64_t all = 0;
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < RIB_VRFS_MAX; i++)
		for (size_t k = 0; k < 3; k++)
			all += p->outcomes[i][k];
	for (size_t i = 0; i < p->prefixes_n; i++) {
		const struct plan_prefix *x = &p->prefixes[i];
		json_t *e = json_object();
		put_text(e, "prefix", prefix_text(x->prefix, text));
		put_text(e, "vrf", p->d->vrfs[x->vrf].name);
		put_text(e, "change", words[x->outcome]);
		json_array_append_new(list, e);
	}
	json_object_set_new(o, "prefixes", list);
	put_number(o, "prefixes_left_out", all - p->prefixes_n);
}

static void put_announced(json_t *o, const struct plan *p)
{
	json_t *list = json_array();
	json_t *a = json_object();
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < p->announced_n; i++) {
		json_t *e = json_object();
		put_text(e, "prefix", prefix_text(p->announced[i].prefix, text));
		put_number(e, "gained", p->announced[i].gained);
		put_number(e, "lost", p->announced[i].lost);
		json_array_append_new(list, e);
	}
	put_number(a, "gained", p->announced_gained);
	put_number(a, "lost", p->announced_lost);
	put_number(a, "changed", p->announced_changed);
	json_object_set_new(a, "prefixes", list);
	json_object_set_new(o, "announcements", a);
}

static void put_rest(json_t *o, const struct plan *p)
{
	json_t *rules = json_object(), *notes = json_array();

	put_number(rules, "added", p->rules.added);
	put_number(rules, "removed", p->rules.removed);
	json_object_set_new(o, "rules", rules);
	for (size_t i = 0; i < p->notes_n; i++)
		json_array_append_new(notes, json_string(p->notes[i]));
	json_object_set_new(o, "notes", notes);
}

json_t *view_plan(const struct plan *p)
{
	json_t *o = json_object();
	bool ok = p->usable;

	for (size_t i = 0; i < p->next->contributors_n; i++)
		ok = ok && conf_all_in_force(&p->next->contributors[i]);
	put_bool(o, "ok", ok);
	put_bool(o, "usable", p->usable);
	put_bool(o, "changes", plan_changes(p));
	put_bool(o, "ends_sessions", plan_ends_sessions(p));
	put_sessions(o, p);
	put_places(o, p);
	put_tables(o, p);
	put_prefixes(o, p);
	put_announced(o, p);
	put_rest(o, p);
	view_put_messages(o, p->next, MESSAGES_MAX);
	return o;
}
