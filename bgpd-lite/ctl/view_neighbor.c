#include "bgpd-lite/ctl/view.h"

#include <stdio.h>

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/ctl/words.h"
#include "conf/schema.h"

static void put_remote_as(json_t *o, const struct conf_neighbor *c, const struct session_info *i)
{
	uint32_t as = c->remote_as;

	/* external and internal: known when the peer has said it */
	if (as == 0 && i->state >= FSM_OPEN_CONFIRM)
		as = i->peer.as;
	if (as == 0 && c->remote_as_kind == CONF_REMOTE_AS_INTERNAL)
		as = c->local_as;
	if (as)
		put_number(o, "remote_as", as);
	else
		put_text(o, "remote_as", NULL);
	put_text(o, "remote_as_kind",
		c->remote_as_kind == CONF_REMOTE_AS_EXTERNAL   ? "external"
		: c->remote_as_kind == CONF_REMOTE_AS_INTERNAL ? "internal"
		: c->remote_as                                 ? "number"
							       : NULL);
}

static void put_configuration(json_t *o, const struct conf_neighbor *c)
{
	put_text(o, "name", c->name);
	put_text(o, "interface", c->interface[0] ? c->interface : NULL);
	put_text(o, "vrf", c->vrf->name);
	put_text(o, "description", c->description ? c->description : "");
	put_origin(o, "origin", c->origin);
	put_number(o, "local_as", c->local_as);
	put_bool(o, "passive", c->passive || c->local_speaker);
	put_bool(o, "local_speaker", c->local_speaker);
	put_bool(o, "password", c->password_file != NULL);
	put_number(o, "maximum_prefix", c->maximum_prefix);
	put_text(o, "maximum_prefix_action", words_limit_action(c->maximum_prefix_action));
	put_number(o, "allow_as_in", c->allow_as_in);
	put_number(o, "maximum_as_path", c->maximum_as_path);
	put_number(o, "maximum_communities", c->maximum_communities);
	put_bool(o, "extended_nexthop", c->extended_nexthop);
	put_text(o, "add_path", conf_word(CONF_KEY_NEIGHBOR_ADD_PATH, c->add_path));
}

static void put_shutdown(json_t *o, const struct neighbor *n)
{
	put_bool(o, "shutdown", n->conf->shutdown || n->admin_down);
	put_text(o, "shutdown_by",
		n->admin_down       ? "operator"
		: n->conf->shutdown ? "configuration"
				    : NULL);
	put_text(o, "shutdown_message", n->admin_message);
}

static json_t *view_import(const struct conf_chain *chain)
{
	json_t *o = json_object();
	json_t *lists = json_array();

	put_text(o, "contributor", chain->contributor);
	put_origin(o, "origin", chain->origin);
	for (size_t i = 0; i < chain->steps_n; i++) {
		const struct conf_step *s = &chain->steps[i];
		json_t *list = json_object();
		put_text(list, "name", s->list ? s->list->name : s->policy->name);
		put_origin(list, "origin", s->list ? s->list->origin : s->policy->origin);
		json_array_append_new(lists, list);
	}
	json_object_set_new(o, "lists", lists);
	return o;
}

static json_t *view_imports(const struct conf_neighbor *c)
{
	json_t *list = json_array();
	for (size_t i = 0; i < c->imports_n; i++)
		json_array_append_new(list, view_import(&c->imports[i]));
	return list;
}

static json_t *view_last_down(const struct session_info *i, uint64_t now_ms)
{
	if (i->last_down_ms == 0)
		return json_null();
	json_t *o = json_object();
	put_text(o, "reason", i->last_down);
	put_age_s(o, "ago_s", i->last_down_ms, now_ms);
	return o;
}

static json_t *view_timers(const struct conf_neighbor *c, const struct session_info *i)
{
	json_t *o = json_object();

	put_number(o, "hold_time_s", i->hold_time_s);
	put_number(o, "keepalive_time_s", i->keepalive_time_s);
	put_number(o, "hold_time_configured_s", c->hold_time_s);
	put_number(o, "keepalive_time_configured_s", c->keepalive_time_s);
	put_number(o, "connect_retry_time_s", c->connect_retry_time_s);
	put_number(o, "idle_hold_time_s", c->idle_hold_time_s);
	return o;
}

static json_t *view_capabilities(const struct bgp_open *open)
{
	json_t *list = json_array();
	for (unsigned code = 0; code < 8 * sizeof(open->capabilities); code++) {
		char number[8];
		const char *word = words_capability((uint8_t)code);
		if (!(open->capabilities[code / 8] & 1u << code % 8))
			continue;
		snprintf(number, sizeof(number), "%u", code);
		json_array_append_new(list, json_string(word ? word : number));
	}
	return list;
}

static json_t *view_messages(const uint64_t n[6])
{
	json_t *o = json_object();
	for (unsigned type = 0; type < 6; type++)
		put_number(o, words_message_type(type), n[type]);
	return o;
}

static json_t *view_fault(unsigned kind, unsigned action, uint32_t n)
{
	bool other = kind == SESSION_FAULT_OTHERS;
	json_t *o = json_object();

	put_text(o, "attribute", other ? "unknown attribute" : bgp_attribute_name((uint8_t)kind));
	put_text(o, "action", words_update_action((enum bgp_update_action)action));
	put_number(o, "n", n);
	return o;
}

static json_t *view_faults(const struct session_counters *c)
{
	json_t *list = json_array();

	for (unsigned kind = 0; kind < SESSION_FAULT_KINDS; kind++)
		for (unsigned action = 0; action < SESSION_FAULT_ACTIONS; action++)
			if (c->faults[kind][action])
				json_array_append_new(
					list, view_fault(kind, action, c->faults[kind][action]));
	return list;
}

static json_t *view_counters(const struct session_counters *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "messages_received", view_messages(c->in));
	json_object_set_new(o, "messages_sent", view_messages(c->out));
	put_number(o, "bytes_received", c->in_bytes);
	put_number(o, "bytes_sent", c->out_bytes);
	put_number(o, "updates_attribute_discarded", c->updates_discard);
	put_number(o, "updates_treated_as_withdrawn", c->updates_withdraw);
	json_object_set_new(o, "faults", view_faults(c));
	put_number(o, "established_n", c->established_n);
	put_number(o, "dropped_n", c->dropped_n);
	put_number(o, "connect_failed_n", c->connect_failed_n);
	put_number(o, "accepted_n", c->accepted_n);
	put_number(o, "refused_n", c->refused_n);
	return o;
}

static json_t *view_prefixes(const struct neighbor *n)
{
	struct rib_peer_counts counts = {0};
	json_t *o = json_object();
	size_t echoes = 0;

	if (n->peer != RIB_NO_PEER)
		rib_peer_count(n->daemon->rib, n->peer, &counts);
	if (n->speaker) {
		counts.received = (uint32_t)n->speaker->paths_n;
		counts.accepted = (uint32_t)speaker_permitted(n);
		echoes = speaker_echoes(n);
	}
	put_number(o, "received", counts.received);
	put_number(o, "accepted", counts.accepted);
	put_number(o, "received_ipv4", counts.received_family[0]);
	put_number(o, "received_ipv6", counts.received_family[1]);
	put_number(o, "stale", counts.stale);
	put_number(o, "graceful_shutdown", counts.leaving);
	put_number(o, "bad_link_bandwidth", counts.bad_bandwidth);
	put_number(o, "blocked", n->blocked);
	put_number(o, "left_out", counts.left_out);
	put_number(o, "echoes", echoes);
	return o;
}

static json_t *seconds_left(uint64_t end_ms, uint64_t now_ms)
{
	if (!end_ms)
		return json_null();
	return json_integer(end_ms > now_ms ? (json_int_t)((end_ms - now_ms + 999) / 1000) : 0);
}

static json_t *view_graceful(
	const struct neighbor *n, const struct session_info *i, uint64_t now_ms)
{
	const struct graceful *g = &n->graceful;
	const struct bgp_graceful *theirs =
		i->state >= FSM_OPEN_CONFIRM ? &i->peer.graceful : &g->theirs;
	const struct bgp_long_lived *asked =
		i->state >= FSM_OPEN_CONFIRM ? &i->peer.long_lived : &g->asked;
	json_t *o = json_object();

	put_text(o, "mode", words_graceful(n->conf->graceful));
	put_text(o, "state",
		g->held && g->long_lived ? "long-lived"
		: g->held                ? "restarting"
		: g->stale               ? "resynchronising"
					 : "idle");
	put_bool(o, "offered", theirs->present);
	put_bool(o, "notification", theirs->notification);
	put_number(o, "restart_time_s", theirs->time_s);
	put_families(o, "families", theirs->families);
	put_families(o, "forwarding", theirs->forwarding);
	json_object_set_new(o, "restart_left_s", seconds_left(g->restart_ms, now_ms));
	json_object_set_new(o, "stale_left_s", seconds_left(g->patience_ms, now_ms));
	put_families(o, "long_lived", asked->families);
	put_families(o, "last_choice", g->long_lived);
	json_object_set_new(o, "long_lived_left_s",
		seconds_left(
			g->long_ms[0] > g->long_ms[1] ? g->long_ms[0] : g->long_ms[1], now_ms));
	return o;
}

static json_t *view_refresh(const struct neighbor *n, const struct session_info *i, uint64_t now_ms)
{
	bool open = i->state >= FSM_OPEN_CONFIRM;
	json_t *o = json_object();

	put_bool(o, "offered", open && i->peer.route_refresh);
	put_bool(o, "enhanced", open && i->enhanced_refresh);
	put_families(o, "receiving", n->refresh.families);
	json_object_set_new(o, "stale_left_s", seconds_left(n->refresh.end_ms, now_ms));
	return o;
}

static json_t *view_memory_of(const struct neighbor *n, uint64_t now_ms)
{
	const struct ration *x = &n->ration;
	json_t *o = json_object();

	put_number(o, "refusals", x->n);
	put_number(o, "paths", x->paths);
	json_object_set_new(o, "retry_left_s", seconds_left(x->held ? x->until_ms : 0, now_ms));
	return o;
}

static json_t *view_role(const struct neighbor *n, const struct session_info *i)
{
	bool known = i->state >= FSM_OPEN_CONFIRM && i->peer.role != BGP_ROLE_NONE;
	json_t *o = json_object();

	put_text(o, "ours", bgp_role_text((uint8_t)n->conf->role));
	put_text(o, "neighbor", known ? bgp_role_text(i->peer.role) : NULL);
	put_bool(o, "strict", n->conf->role_strict);
	return o;
}

static json_t *view_announced(const struct neighbor *n)
{
	struct adj_out_peer_counts counts = {0};
	struct rib_follow_counts learnt = {0};
	json_t *o = json_object();

	if (n->out.number != OUTLET_NO_NUMBER)
		adj_out_peer_count(announcer_table(n->daemon->announcer), n->out.number, &counts);
	if (n->feed.follower)
		rib_follow_count(n->feed.follower, &learnt);
	put_number(o, "ipv4", counts.announced[0]);
	put_number(o, "ipv6", counts.announced[1]);
	put_number(o, "learnt_ipv4", learnt.told[0]);
	put_number(o, "learnt_ipv6", learnt.told[1]);
	put_number(o, "pending", counts.pending + learnt.pending);
	put_number(o, "refused", counts.refused + n->feed.refused);
	return o;
}

static void put_session(
	json_t *o, const struct neighbor *n, const struct session_info *i, uint64_t now_ms)
{
	bool open = i->state >= FSM_OPEN_CONFIRM;

	put_text(o, "state", fsm_state_text(i->state));
	put_age_s(o, "since_s", i->since_ms, now_ms);
	put_text(o, "waiting",
		n->waiting[0]            ? n->waiting
		: unnumbered_waits(n)[0] ? unnumbered_waits(n)
		: n->held ? n->hold.up ? "BFD is Up, its up-delay runs" : "BFD is not Up"
			  : i->wait_reason);
	json_object_set_new(o, "last_down", view_last_down(i, now_ms));
	put_text(o, "notification_sent", i->notification_sent);
	put_text(o, "notification_received", i->notification_received);
	put_addr(o, "local_address", i->local);
	put_number(o, "local_port", i->local_port);
	put_number(o, "remote_port", i->remote_port);
	put_interface(o, "session_interface", rib_host(n->daemon->rib), i->ifindex);
	put_addr(o, "router_id", open ? i->peer.id : (struct addr){0});
	json_object_set_new(o, "timers", view_timers(n->conf, i));
	put_families(o, "families", n->conf->families);
	put_families(o, "families_negotiated", open ? i->families : 0);
	put_families(o, "extended_nexthop_negotiated", open ? i->extended_next_hop : 0);
	put_families(o, "add_path_negotiated", open ? i->add_path : 0);
	put_families(o, "end_of_rib", n->end_of_rib);
	put_number(o, "message_max",
		open && i->extended_message ? BGP_MESSAGE_EXTENDED_MAX : BGP_MESSAGE_MAX);
	json_object_set_new(o, "capabilities", open ? view_capabilities(&i->peer) : json_array());
	json_object_set_new(o, "counters", view_counters(&i->counters));
}

static const char *bfd_word(const struct neighbor *n)
{
	if (!n->bfd_id)
		return NULL;
	return words_bfd_state(n->bfd_told ? n->bfd.state : BFD_STATE_DOWN);
}

json_t *view_neighbor(const struct neighbor *n, uint64_t now_ms)
{
	struct session_info info = {0};
	json_t *o = json_object();

	if (n->session)
		session_info(n->session, &info);
	put_configuration(o, n->conf);
	put_addr(o, "address", neighbor_address_known(n) ? n->address : (struct addr){0});
	put_bool(o, "unnumbered", n->conf->address.family == ADDR_NONE);
	put_shutdown(o, n);
	put_remote_as(o, n->conf, &info);
	put_session(o, n, &info, now_ms);
	json_object_set_new(o, "prefixes", view_prefixes(n));
	json_object_set_new(o, "memory", view_memory_of(n, now_ms));
	json_object_set_new(o, "graceful_restart", view_graceful(n, &info, now_ms));
	json_object_set_new(o, "route_refresh", view_refresh(n, &info, now_ms));
	json_object_set_new(o, "role", view_role(n, &info));
	json_object_set_new(o, "announced", view_announced(n));
	put_text(o, "bfd", bfd_word(n));
	put_bool(o, "pending", n->pending);
	json_object_set_new(o, "import", view_imports(n->conf));
	return o;
}
