#include "bgpd-lite/configure.h"
#include "bgpd-lite/ctl/view.h"

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/ctl/trouble.h"
#include "bgpd-lite/ctl/words.h"
#include "conf/schema.h"

void view_put_flushed(json_t *o, const struct vrf_slot *v)
{
	if (v->flushed_realtime_ns)
		put_number(o, "flushed_at_s", v->flushed_realtime_ns / 1000000000);
	else
		put_text(o, "flushed_at_s", NULL);
}

json_t *view_vrf(const struct daemon *d, uint16_t index)
{
	const struct vrf_slot *v = &d->vrfs[index];
	uint64_t received = 0, accepted = 0, neighbors = 0;
	json_t *o = json_object();

	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *n = d->neighbors[i];
		struct rib_peer_counts c = {0};
		if (n->vrf != index)
			continue;
		if (n->peer != RIB_NO_PEER)
			rib_peer_count(d->rib, n->peer, &c);
		neighbors++;
		received += c.received;
		accepted += c.accepted;
	}
	put_text(o, "name", v->name);
	put_text(o, "device", v->set.device[0] ? v->set.device : NULL);
	put_number(o, "table", rib_vrf_table(d->rib, index));
	put_number(o, "neighbors", neighbors);
	put_number(o, "received", received);
	put_number(o, "accepted", accepted);
	put_number(o, "installed", rib_vrf_installed(d->rib, index));
	view_put_flushed(o, v);
	return o;
}

static json_t *view_vrfs(const struct daemon *d)
{
	json_t *list = json_array();
	for (size_t i = 0; i < RIB_VRFS_MAX; i++)
		if (d->vrfs[i].name[0])
			json_array_append_new(list, view_vrf(d, (uint16_t)i));
	return list;
}

static json_t *view_neighbor_states(const struct daemon *d)
{
	uint64_t n[FSM_STATES_N] = {0}, pending = 0;
	json_t *o = json_object();

	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct session_info info = {0};
		if (d->neighbors[i]->session)
			session_info(d->neighbors[i]->session, &info);
		if ((unsigned)info.state < FSM_STATES_N)
			n[info.state]++;
		pending += d->neighbors[i]->pending;
	}
	put_number(o, "configured", d->neighbors_n);
	put_number(o, "pending", pending);
	for (unsigned s = FSM_ESTABLISHED + 1; s-- > 0;)
		put_number(o, fsm_state_text((enum fsm_state)s), n[s]);
	return o;
}

static json_t *view_bfd_states(const struct daemon *d)
{
	uint64_t n[BFD_STATE_UP + 1] = {0}, configured = 0;
	json_t *o = json_object();

	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *peer = d->neighbors[i];
		uint8_t state = peer->bfd_told ? peer->bfd.state : BFD_STATE_DOWN;
		if (!peer->bfd_id)
			continue;
		configured++;
		if (state <= BFD_STATE_UP)
			n[state]++;
	}
	put_number(o, "configured", configured);
	for (unsigned s = BFD_STATE_UP + 1; s-- > 0;)
		put_number(o, words_bfd_state((uint8_t)s), n[s]);
	return o;
}

static json_t *view_rib(const struct rib *r)
{
	struct rib_counts c = {0};
	json_t *o = json_object();

	rib_count(r, &c);
	put_number(o, "prefixes", c.prefixes);
	put_number(o, "paths", c.paths);
	put_number(o, "dirty", c.dirty);
	put_number(o, "installed", c.installed);
	put_number(o, "failed", c.failed);
	put_number(o, "unresolved", c.unresolved);
	put_number(o, "attribute_sets", c.attr_sets);
	put_number(o, "groups", c.groups);
	put_number(o, "gateways", c.gateways);
	put_number(o, "operations_sent", c.ops_sent);
	put_number(o, "memory_bytes", c.bytes);
	return o;
}

static json_t *view_repair(const struct fib_msg_repaired *m, uint64_t now_ms)
{
	if (m->head.type == 0)
		return json_null();
	json_t *o = json_object();
	put_number(o, "duration_us", m->done_ns > m->at_ns ? (m->done_ns - m->at_ns) / 1000 : 0);
	put_number(o, "messages", m->messages);
	put_number(o, "gateways", m->gateways);
	put_number(o, "groups", m->groups);
	put_text(o, "cause", words_fib_cause(m->cause));
	put_age_s(o, "ago_s", m->done_ns / 1000000, now_ms);
	return o;
}

static json_t *view_repair_times(const struct repairs *r)
{
	json_t *o = json_object(), *buckets = json_array();

	for (unsigned i = 0; i < REPAIR_BOUNDS_N; i++) {
		json_t *b = json_object();
		put_number(b, "within_us", repair_bound_us[i]);
		put_number(b, "n", r->within[i]);
		json_array_append_new(buckets, b);
	}
	json_object_set_new(o, "buckets", buckets);
	put_number(o, "n", r->n);
	put_number(o, "sum_us", r->sum_us);
	return o;
}

static json_t *view_loop(const struct stall *s)
{
	json_t *o = json_object();

	put_number(o, "stalls", s->n);
	json_object_set_new(o, "longest_ms", json_real((double)(s->longest_ns / 1000) / 1000));
	return o;
}

static json_t *view_drift(const struct rib_drift *d)
{
	json_t *o = json_object();
	for (uint32_t i = 0; i < FIB_DRIFT_N; i++)
		put_number(o, words_drift(i), d->n[i]);
	return o;
}

static json_t *view_fib(const struct daemon *d, uint64_t now_ms)
{
	const struct fib_client *f = &d->fibc;
	json_t *o = json_object();

	put_bool(o, "synced", f->synced);
	put_text(o, "nexthop_mode", conf_word(CONF_KEY_KERNEL_NEXTHOP_MODE, f->multipath));
	put_number(o, "packets_sent", f->packets_sent);
	put_number(o, "packets_done", f->packets_done);
	put_number(o, "resyncs", f->resyncs);
	put_number(o, "repairs", f->repairs.n);
	json_object_set_new(o, "last_repair", view_repair(&f->last_repair, now_ms));
	json_object_set_new(o, "repair_times", view_repair_times(&f->repairs));
	json_object_set_new(o, "drift", view_drift(rib_drift(d->rib)));
	return o;
}

static json_t *view_aside(const struct conf_contributor *from)
{
	json_t *list = json_array();

	for (size_t i = 0; i < from->aside_n; i++) {
		json_t *o = json_object();
		put_text(o, "section", from->aside[i].section);
		put_origin(o, "origin", from->aside[i].origin);
		put_bool(o, "last_good", from->aside[i].last_good);
		json_array_append_new(list, o);
	}
	return list;
}

json_t *view_contributor(const struct conf_contributor *from)
{
	json_t *o = json_object();

	put_text(o, "name", from->name);
	put_text(o, "file", from->file);
	put_bool(o, "owner", from->owner);
	put_bool(o, "quarantined", from->quarantined);
	put_bool(o, "last_good", from->last_good);
	put_text(o, "masked_by", from->masked_by);
	put_bool(o, "disabled", from->disabled);
	put_text(o, "unmatched", from->unmatched);
	json_object_set_new(o, "sections", view_aside(from));
	return o;
}

static json_t *view_contributors(const struct conf *c)
{
	json_t *list = json_array();
	for (size_t i = 0; i < c->contributors_n; i++)
		json_array_append_new(list, view_contributor(&c->contributors[i]));
	return list;
}

json_t *view_message(const struct conf_message *m)
{
	json_t *o = json_object();

	put_text(o, "file", m->origin.file);
	put_number(o, "line", m->origin.line);
	put_text(o, "contributor", m->contributor);
	put_text(o, "severity", m->error ? "error" : "warning");
	put_text(o, "text", m->text);
	return o;
}

void view_put_messages(json_t *o, const struct conf *c, size_t max)
{
	json_t *list = json_array();
	size_t shown = c->messages_n < max ? c->messages_n : max;

	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list, view_message(&c->messages[i]));
	json_object_set_new(o, "messages", list);
	put_number(o, "messages_left_out", c->messages_n - shown);
}

json_t *view_reload(const struct daemon *d)
{
	const struct reload_result *r = &d->reload;
	if (r->at_realtime_ns == 0)
		return json_null();
	json_t *o = json_object();
	put_bool(o, "ok", r->ok);
	put_number(o, "at_s", r->at_realtime_ns / 1000000000);
	put_number(o, "changed", r->changed);
	put_number(o, "added", r->added);
	put_number(o, "removed", r->removed);
	put_number(o, "pending", r->pending);
	put_us_as_ms(o, "took_ms", r->took_us);
	return o;
}

json_t *view_drain(const struct daemon *d, uint64_t now_ms)
{
	static const char *const words[] = {
		[DRAIN_NONE] = "none", [DRAIN_ANNOUNCED] = "announced", [DRAIN_CLOSED] = "closed"};
	const struct drain *n = &d->drain;
	bool waits = n->state == DRAIN_ANNOUNCED && n->until_ms > now_ms;
	json_t *o = json_object();

	put_text(o, "state", words[n->state]);
	put_number(o, "left_s", waits ? (n->until_ms - now_ms + 999) / 1000 : 0);
	put_text(o, "text", n->state == DRAIN_NONE ? "" : n->text);
	return o;
}

static json_t *view_configuration(const struct daemon *d)
{
	const struct history_entry *e = d->history.n ? &d->history.entries[0] : NULL;
	json_t *o = json_object();

	put_number(o, "number", e ? e->number : 0);
	put_number(o, "at_s", e ? e->at_realtime_ns / 1000000000 : 0);
	put_text(o, "origin", e ? e->origin : NULL);
	put_bool(o, "held", d->held);
	put_number(o, "confirm_left_s", configure_confirm_left_s(d));
	return o;
}

json_t *view_status(const struct daemon *d, uint64_t now_ms)
{
	json_t *o = json_object();

	put_number(o, "version", VIEW_VERSION);
	put_text(o, "daemon_version", PROJECT_VERSION);
	put_number(o, "uptime_s", now_ms > d->started_ms ? (now_ms - d->started_ms) / 1000 : 0);
	put_number(o, "started_at_s", d->started_realtime_ns / 1000000000);
	put_addr(o, "router_id", d->router_id);
	put_number(o, "local_as", d->conf->bgp.local_as);
	put_bool(o, "starting", !d->applied);
	put_bool(o, "stopping", d->stop != DAEMON_RUNS);
	json_object_set_new(o, "drain", view_drain(d, now_ms));
	json_object_set_new(o, "vrfs", view_vrfs(d));
	json_object_set_new(o, "neighbors", view_neighbor_states(d));
	json_object_set_new(o, "bfd", view_bfd_states(d));
	json_object_set_new(o, "rib", view_rib(d->rib));
	json_object_set_new(o, "loop", view_loop(&d->stall));
	json_object_set_new(o, "fib", view_fib(d, now_ms));
	json_object_set_new(o, "rules", view_rules(&d->rules));
	json_object_set_new(o, "contributors", view_contributors(d->conf));
	json_object_set_new(o, "configuration", view_configuration(d));
	json_object_set_new(o, "last_reload", view_reload(d));
	trouble_put(o, d);
	view_put_messages(o, d->conf, VIEW_MESSAGES_MAX);
	return o;
}
