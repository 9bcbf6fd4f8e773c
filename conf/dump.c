#include "conf/dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/number.h"
#include "conf/schema.h"
#include "conf/text.h"
#include "conf/value.h"

/* "  key = value   ; FILE:LINE" */
static void add_line(
	struct conf_string *s, const char *key, const char *value, struct conf_origin origin)
{
	if (origin.line)
		conf_string_add(s, "%s = %s ; %s:%u\n", key, value, origin.file, origin.line);
	else
		conf_string_add(s, "%s = %s ; default\n", key, value);
}

/* The origins are of the key's section. */
static void add_text(struct conf_string *s, const struct conf_origin *origins, enum conf_key key,
	const char *value)
{
	const struct conf_key_row *k = &conf_keys[key];
	struct conf_origin o = origins[key - conf_sections[k->section].first];
	if (*value)
		add_line(s, k->name, value, o);
}

static void add_number(
	struct conf_string *s, const struct conf_origin *origins, enum conf_key key, uint64_t value)
{
	char text[32];
	const char *unit = conf_keys[key].type == CONF_TYPE_SECONDS    ? "s"
			   : conf_keys[key].type == CONF_TYPE_INTERVAL ? "ms"
								       : "";
	snprintf(text, sizeof(text), "%" PRIu64 "%s",
		conf_keys[key].type == CONF_TYPE_INTERVAL ? value / 1000 : value, unit);
	add_text(s, origins, key, text);
}

static void add_bool(
	struct conf_string *s, const struct conf_origin *origins, enum conf_key key, bool value)
{
	add_text(s, origins, key, value ? "yes" : "no");
}

static void add_word(
	struct conf_string *s, const struct conf_origin *origins, enum conf_key key, unsigned place)
{
	add_text(s, origins, key, conf_word(key, place));
}

/* In the largest unit that says it exactly. */
static void add_size(
	struct conf_string *s, const struct conf_origin *origins, enum conf_key key, uint64_t bytes)
{
	static const char *const units[] = {"", "K", "M", "G", "T"};
	char text[32];
	size_t unit = 0;
	while (bytes && bytes % 1024 == 0 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, sizeof(text), "%" PRIu64 "%s", bytes, units[unit]);
	add_text(s, origins, key, text);
}

static void add_prefixes(struct conf_string *s, enum conf_key key, const struct conf_prefixes *p)
{
	char text[PREFIX_TEXT_MAX];
	for (size_t i = 0; i < p->n; i++)
		add_line(s, conf_keys[key].name, prefix_text(p->prefix[i], text), p->origin[i]);
}

static void add_lists(struct conf_string *s, enum conf_key key, const struct conf_lists *l)
{
	for (size_t i = 0; i < l->n; i++)
		add_line(s, conf_keys[key].name, l->list[i]->name, l->origin[i]);
}

static void add_bgp(struct conf_string *s, const struct conf_bgp *b)
{
	char text[PREFIX_TEXT_MAX];
	conf_string_add(s, "[bgp]\n");
	if (b->local_as)
		add_number(s, b->origins, CONF_KEY_BGP_LOCAL_AS, b->local_as);
	add_text(s, b->origins, CONF_KEY_BGP_ROUTER_ID,
		b->router_id.family ? addr_text(b->router_id, text) : b->router_id_interface);
	add_prefixes(s, CONF_KEY_BGP_ALWAYS_BLOCK, &b->always_block);
	add_lists(s, CONF_KEY_BGP_DENY_IMPORT, &b->deny_import);
	add_prefixes(s, CONF_KEY_BGP_POD_NETWORKS, &b->pod_networks);
	add_number(s, b->origins, CONF_KEY_BGP_DEFERRAL_TIME, b->deferral_time_s);
	add_number(s, b->origins, CONF_KEY_BGP_DRAIN_TIME, b->drain_time_s);
	add_bool(s, b->origins, CONF_KEY_BGP_DRAIN_AT_STOP, b->drain_at_stop);
	add_size(s, b->origins, CONF_KEY_BGP_MEMORY_LIMIT, b->memory_limit);
}

static void add_kernel(struct conf_string *s, const struct conf_kernel *k)
{
	char ids[32];
	snprintf(ids, sizeof(ids), "%" PRIu32 "-%" PRIu32, k->nexthop_id_first, k->nexthop_id_last);
	conf_string_add(s, "\n[kernel]\n");
	add_number(s, k->origins, CONF_KEY_KERNEL_ROUTE_PROTOCOL, k->route_protocol);
	add_number(s, k->origins, CONF_KEY_KERNEL_NEXTHOP_PROTOCOL, k->nexthop_protocol);
	add_number(s, k->origins, CONF_KEY_KERNEL_METRIC, k->metric);
	add_text(s, k->origins, CONF_KEY_KERNEL_NEXTHOP_ID_RANGE, ids);
	add_word(s, k->origins, CONF_KEY_KERNEL_NEXTHOP_MODE, k->multipath);
}

static void add_control(struct conf_string *s, const struct conf_control *c)
{
	conf_string_add(s, "\n[control]\n");
	add_bool(s, c->origins, CONF_KEY_CONTROL_AUTO_RELOAD, c->auto_reload);
}

static void add_imports(struct conf_string *s, const struct conf_vrf *v)
{
	for (size_t i = 0; i < v->imports_n; i++) {
		const struct conf_vrf_import *x = &v->imports[i];
		char text[160];
		snprintf(text, sizeof(text), "%s %s", x->vrf->name, x->list->name);
		add_line(s, conf_keys[CONF_KEY_VRF_IMPORT_VRF].name, text, x->origin);
	}
}

static void add_vrf(struct conf_string *s, const struct conf_vrf *v)
{
	conf_string_add(s, "\n[vrf %s]\n", v->name);
	add_text(s, v->origins, CONF_KEY_VRF_DEVICE, v->device);
	if (v->table)
		add_number(s, v->origins, CONF_KEY_VRF_TABLE, v->table);
	add_number(s, v->origins, CONF_KEY_VRF_MAXIMUM_PATHS, v->maximum_paths);
	add_bool(s, v->origins, CONF_KEY_VRF_MULTIPATH_RELAX, v->multipath_relax);
	add_word(s, v->origins, CONF_KEY_VRF_BESTPATH_BANDWIDTH, v->bestpath_bandwidth);
	if (strcmp(v->name, "default") != 0) /* there it cannot be set */
		add_bool(s, v->origins, CONF_KEY_VRF_FALLTHROUGH, v->fallthrough);
	add_lists(s, CONF_KEY_VRF_DENY_IMPORT, &v->deny_import);
	add_imports(s, v);
	add_prefixes(s, CONF_KEY_VRF_RETURN_FROM, &v->return_from);
	char mark[32];
	snprintf(
		mark, sizeof(mark), "0x%" PRIx32 "/0x%" PRIx32, v->return_fwmark, v->return_fwmask);
	if (v->return_fwmark)
		add_text(s, v->origins, CONF_KEY_VRF_RETURN_FWMARK, mark);
}

static void add_rule(struct conf_string *s, const struct conf_rule *r)
{
	conf_string_add(s, "\n[rule %s]\n", r->name);
	add_prefixes(s, CONF_KEY_RULE_FROM, &r->from);
	add_prefixes(s, CONF_KEY_RULE_TO, &r->to);
	add_text(s, r->origins, CONF_KEY_RULE_TO_VRF, r->vrf->name);
}

static void add_keys(struct conf_string *s, const struct conf_bfd_profile *p)
{
	char text[300];
	const struct conf_origin *o = p->origins;
	add_text(s, o, CONF_KEY_BFD_AUTHENTICATION, conf_bfd_auth_words[p->authentication]);
	for (size_t i = 0; i < p->keys_n; i++) {
		snprintf(text, sizeof(text), "%u %s", p->keys[i].id, p->keys[i].file);
		add_text(s, o, CONF_KEY_BFD_KEY, text);
	}
}

static void add_profile(struct conf_string *s, const struct conf_bfd_profile *p)
{
	conf_string_add(s, "\n[bfd-profile %s]\n", p->name);
	add_number(s, p->origins, CONF_KEY_BFD_TRANSMIT_INTERVAL, p->transmit_interval_us);
	add_number(s, p->origins, CONF_KEY_BFD_RECEIVE_INTERVAL, p->receive_interval_us);
	add_number(s, p->origins, CONF_KEY_BFD_DETECT_MULTIPLIER, p->detect_multiplier);
	add_bool(s, p->origins, CONF_KEY_BFD_PASSIVE, p->passive);
	add_number(s, p->origins, CONF_KEY_BFD_MINIMUM_TTL, p->minimum_ttl);
	add_bool(s, p->origins, CONF_KEY_BFD_ZERO_CHECKSUM, p->zero_checksum);
	add_number(s, p->origins, CONF_KEY_BFD_UP_DELAY, p->up_delay_s);
	add_number(s, p->origins, CONF_KEY_BFD_UP_DELAY_MAXIMUM, p->up_delay_maximum_s);
	add_keys(s, p);
}

static void add_list(struct conf_string *s, const struct conf_prefix_list *l)
{
	char prefix[PREFIX_TEXT_MAX], rule[PREFIX_TEXT_MAX + 16];
	conf_string_add(s, "\n[prefix-list %s] ; of %s\n", l->name, l->contributor);
	for (size_t i = 0; i < l->rules_n; i++) {
		const struct conf_prefix_rule *r = &l->rules[i];
		bool exact = r->ge == r->prefix.len && r->le == r->prefix.len;
		bool ge = r->ge != r->prefix.len || (r->permit && r->prefix.len == 0 && !exact);
		int n = snprintf(rule, sizeof(rule), "%s", prefix_text(r->prefix, prefix));
		if (ge)
			n += snprintf(rule + n, sizeof(rule) - (size_t)n, " ge %u", r->ge);
		if (!exact)
			snprintf(rule + n, sizeof(rule) - (size_t)n, " le %u", r->le);
		add_line(s, r->permit ? "permit" : "deny", rule, r->origin);
	}
}

/* "N:N", "N:N:N" or one number. */
static void add_numbers(struct conf_string *s, const struct conf_origin *origins, enum conf_key key,
	const uint32_t *number, size_t n)
{
	char text[64];
	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%" PRIu32, i ? ":" : "", number[i]);
	add_text(s, origins, key, text);
}

static void add_matches(struct conf_string *s, const struct conf_policy *p)
{
	const struct conf_origin *o = p->origins;
	for (size_t i = 0; i < p->lists_n; i++)
		add_text(s, o, CONF_KEY_POLICY_MATCH_PREFIX_LIST, p->lists[i]->name);
	for (size_t i = 0; i < p->communities_n; i++)
		add_numbers(s, o, CONF_KEY_POLICY_MATCH_COMMUNITY,
			(const uint32_t[]){p->communities[i] >> 16, p->communities[i] & 0xffff}, 2);
	for (size_t i = 0; i < p->large_n; i++)
		add_numbers(s, o, CONF_KEY_POLICY_MATCH_LARGE_COMMUNITY, p->large[i].number, 3);
	for (size_t i = 0; i < p->origin_as_n; i++)
		add_numbers(s, o, CONF_KEY_POLICY_MATCH_ORIGIN_AS, &p->origin_as[i], 1);
	for (size_t i = 0; i < p->contains_n; i++)
		add_numbers(s, o, CONF_KEY_POLICY_MATCH_AS_PATH_CONTAINS, &p->contains[i], 1);
}

static void add_policy(struct conf_string *s, const struct conf_policy *p)
{
	static const char *const actions[] = {[CONF_ACTION_DENY] = "deny",
		[CONF_ACTION_PERMIT] = "permit",
		[CONF_ACTION_NEXT] = "next"};
	char length[32], address[ADDR_TEXT_MAX];
	conf_string_add(s, "\n[policy %s] ; of %s\n", p->name, p->contributor);
	add_matches(s, p);
	snprintf(length, sizeof(length), "ge %u le %u", p->length_min, p->length_max);
	if (p->length_min || p->length_max != UINT16_MAX)
		add_text(s, p->origins, CONF_KEY_POLICY_MATCH_AS_PATH_LENGTH, length);
	if (p->set_local_preference)
		add_number(
			s, p->origins, CONF_KEY_POLICY_SET_LOCAL_PREFERENCE, p->local_preference);
	if (p->set_med)
		add_number(s, p->origins, CONF_KEY_POLICY_SET_MED, p->med);
	for (size_t i = 0; i < 2; i++)
		if (p->source[i].family)
			add_text(s, p->origins, CONF_KEY_POLICY_SET_SOURCE,
				addr_text(p->source[i], address));
	if (p->kernel_metric)
		add_number(s, p->origins, CONF_KEY_POLICY_SET_KERNEL_METRIC, p->kernel_metric);
	add_text(s, p->origins, CONF_KEY_POLICY_ACTION, actions[p->action]);
}

static void add_chain(struct conf_string *s, const char *key, const struct conf_chain *c)
{
	conf_string_add(s, "%s = ", key);
	for (size_t i = 0; i < c->steps_n; i++)
		conf_string_add(s, "%s%s", i ? ", " : "",
			c->steps[i].list ? c->steps[i].list->name : c->steps[i].policy->name);
	conf_string_add(s, " ; %s:%u of %s\n", c->origin.file, c->origin.line, c->contributor);
}

static void add_remote_as(struct conf_string *s, const struct conf_neighbor *n)
{
	static const char *const kinds[] = {
		[CONF_REMOTE_AS_EXTERNAL] = "external", [CONF_REMOTE_AS_INTERNAL] = "internal"};
	if (n->remote_as_kind != CONF_REMOTE_AS_NUMBER)
		add_text(s, n->origins, CONF_KEY_NEIGHBOR_REMOTE_AS, kinds[n->remote_as_kind]);
	else if (n->remote_as)
		add_number(s, n->origins, CONF_KEY_NEIGHBOR_REMOTE_AS, n->remote_as);
}

/* Where it is not the neighbour's own it stands in [bgp]. */
static void add_local_as(struct conf_string *s, const struct conf_neighbor *n)
{
	size_t place = CONF_KEY_NEIGHBOR_LOCAL_AS - conf_sections[CONF_SECTION_NEIGHBOR].first;
	if (n->origins[place].line)
		add_number(s, n->origins, CONF_KEY_NEIGHBOR_LOCAL_AS, n->local_as);
}

static void add_limits(struct conf_string *s, const struct conf_neighbor *n)
{
	if (n->maximum_prefix) {
		add_number(s, n->origins, CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX, n->maximum_prefix);
		add_word(s, n->origins, CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX_ACTION,
			n->maximum_prefix_action);
	}
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_ALLOW_AS_IN, n->allow_as_in);
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_MAXIMUM_AS_PATH, n->maximum_as_path);
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_MAXIMUM_COMMUNITIES, n->maximum_communities);
}

static void add_session(struct conf_string *s, const struct conf_neighbor *n)
{
	static const char *const families[] = {"", "ipv4", "ipv6", "ipv4, ipv6"};
	char text[ADDR_TEXT_MAX];
	add_text(s, n->origins, CONF_KEY_NEIGHBOR_ADDRESS_FAMILY, families[n->families & 3]);
	add_bool(s, n->origins, CONF_KEY_NEIGHBOR_EXTENDED_NEXTHOP, n->extended_nexthop);
	add_word(s, n->origins, CONF_KEY_NEIGHBOR_ADD_PATH, n->add_path);
	if (!n->address.family)
		add_bool(s, n->origins, CONF_KEY_NEIGHBOR_ROUTER_ADVERTISEMENTS,
			n->router_advertisements);
	add_text(s, n->origins, CONF_KEY_NEIGHBOR_UPDATE_SOURCE,
		n->update_source.family ? addr_text(n->update_source, text)
					: n->update_source_interface);
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_PORT, n->port);
	add_bool(s, n->origins, CONF_KEY_NEIGHBOR_PASSIVE, n->passive);
	add_bool(s, n->origins, CONF_KEY_NEIGHBOR_SHUTDOWN, n->shutdown);
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_EBGP_MULTIHOP, n->ebgp_multihop);
	add_bool(s, n->origins, CONF_KEY_NEIGHBOR_TTL_SECURITY, n->ttl_security);
	add_bool(s, n->origins, CONF_KEY_NEIGHBOR_EXTENDED_MESSAGE, n->extended_message);
	add_word(s, n->origins, CONF_KEY_NEIGHBOR_ROLE, n->role);
	add_bool(s, n->origins, CONF_KEY_NEIGHBOR_ROLE_STRICT, n->role_strict);
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_HOLD_TIME, n->hold_time_s);
	if (n->keepalive_time_s)
		add_number(s, n->origins, CONF_KEY_NEIGHBOR_KEEPALIVE_TIME, n->keepalive_time_s);
	if (n->send_hold_time_s)
		add_number(s, n->origins, CONF_KEY_NEIGHBOR_SEND_HOLD_TIME, n->send_hold_time_s);
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_CONNECT_RETRY_TIME, n->connect_retry_time_s);
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_IDLE_HOLD_TIME, n->idle_hold_time_s);
	add_word(s, n->origins, CONF_KEY_NEIGHBOR_GRACEFUL_RESTART, n->graceful);
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_RESTART_TIME, n->restart_time_s);
	add_number(s, n->origins, CONF_KEY_NEIGHBOR_STALE_TIME, n->stale_time_s);
	add_number(
		s, n->origins, CONF_KEY_NEIGHBOR_LONG_LIVED_STALE_TIME, n->long_lived_stale_time_s);
}

static void add_target(struct conf_string *s, const struct conf_target *t)
{
	char address[ADDR_TEXT_MAX];
	bool in_default = t->vrf && strcmp(t->vrf->name, "default") == 0;
	if (t->kind == CONF_TARGET_ALL)
		conf_string_add(s, "all");
	else if (t->kind == CONF_TARGET_VRF)
		conf_string_add(s, "vrf %s", t->vrf->name);
	else
		conf_string_add(s, "%s%s%s%s%s",
			t->address.family ? addr_text(t->address, address) : "",
			t->address.family && t->interface[0] ? "%" : "", t->interface,
			in_default ? "" : " vrf ", in_default ? "" : t->vrf->name);
}

static void add_targets(struct conf_string *s, const struct conf_origin *origins, enum conf_key key,
	const struct conf_target *targets, size_t n)
{
	struct conf_string list = {0};
	for (size_t i = 0; i < n; i++) {
		conf_string_add(&list, "%s", i ? ", " : "");
		add_target(&list, &targets[i]);
	}
	char *text = conf_string_take(&list);
	add_text(s, origins, key, text);
	free(text);
}

static void add_speaker(struct conf_string *s, const struct conf_neighbor *n)
{
	if (!n->local_speaker)
		return;
	add_bool(s, n->origins, CONF_KEY_NEIGHBOR_LOCAL_SPEAKER, true);
	add_targets(s, n->origins, CONF_KEY_NEIGHBOR_ANNOUNCE_TO, n->announce_to, n->announce_to_n);
}

static void add_next_hops(struct conf_string *s, const struct conf_neighbor *n)
{
	static const enum conf_key keys[] = {
		CONF_KEY_NEIGHBOR_NEXT_HOP_IPV4, CONF_KEY_NEIGHBOR_NEXT_HOP_IPV6};
	char text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < 2; i++)
		if (n->next_hop[i].family)
			add_text(s, n->origins, keys[i], addr_text(n->next_hop[i], text));
}

static void add_neighbor(struct conf_string *s, const struct conf_neighbor *n)
{
	conf_string_add(s, "\n[neighbor %s]\n", n->name);
	add_text(s, n->origins, CONF_KEY_NEIGHBOR_DESCRIPTION, n->description);
	add_remote_as(s, n);
	add_local_as(s, n);
	add_text(s, n->origins, CONF_KEY_NEIGHBOR_PASSWORD_FILE,
		n->password_file ? n->password_file : "");
	add_text(s, n->origins, CONF_KEY_NEIGHBOR_BFD_PROFILE, n->bfd ? n->bfd->name : "");
	add_bool(s, n->origins, CONF_KEY_NEIGHBOR_BFD_STRICT, n->bfd_strict);
	add_number(
		s, n->origins, CONF_KEY_NEIGHBOR_BFD_STRICT_HOLD_TIME, n->bfd_strict_hold_time_s);
	for (size_t i = 0; i < n->imports_n; i++)
		add_chain(s, "import", &n->imports[i]);
	if (n->export.steps_n)
		add_chain(s, "export", &n->export);
	add_next_hops(s, n);
	add_limits(s, n);
	add_speaker(s, n);
	add_session(s, n);
}

static void add_when(struct conf_string *s, const struct conf_announcement *a)
{
	struct conf_string when = {0};
	char prefix[PREFIX_TEXT_MAX];
	if (a->when == CONF_WHEN_ALWAYS)
		return;
	if (a->when == CONF_WHEN_ADDRESS_PRESENT)
		conf_string_add(&when, "address-present");
	else if (a->when == CONF_WHEN_FILE_PRESENT)
		conf_string_add(&when, "file-present %s", a->when_file);
	else
		conf_string_add(&when, "route-present %s vrf %s",
			prefix_text(a->when_route, prefix), a->when_vrf->name);
	char *text = conf_string_take(&when);
	add_text(s, a->origins, CONF_KEY_ANNOUNCE_WHEN, text);
	free(text);
}

static void add_announcement(struct conf_string *s, const struct conf_announcement *a)
{
	const struct conf_origin *o = a->origins;
	char prefix[PREFIX_TEXT_MAX], ext[EXT_COMMUNITY_TEXT_MAX];
	char bandwidth[CONF_BANDWIDTH_TEXT_MAX];
	conf_string_add(s, "\n[announce %s] ; of %s\n", a->name, a->contributor);
	for (size_t i = 0; i < a->prefixes_n; i++)
		add_line(s, "prefix", prefix_text(a->prefixes[i], prefix), a->prefix_origins[i]);
	add_targets(s, o, CONF_KEY_ANNOUNCE_TO, a->targets, a->targets_n);
	for (size_t i = 0; i < a->communities_n; i++)
		add_numbers(s, o, CONF_KEY_ANNOUNCE_COMMUNITY,
			(uint32_t[]){a->communities[i] >> 16, a->communities[i] & 0xffff}, 2);
	for (size_t i = 0; i < a->large_communities_n; i++)
		add_numbers(
			s, o, CONF_KEY_ANNOUNCE_LARGE_COMMUNITY, a->large_communities[i].number, 3);
	for (size_t i = 0; i < a->ext_communities_n; i++)
		add_text(s, o, CONF_KEY_ANNOUNCE_EXTENDED_COMMUNITY,
			ext_community_text(&a->ext_communities[i], ext));
	if (a->link_bandwidth)
		add_text(s, o, CONF_KEY_ANNOUNCE_LINK_BANDWIDTH,
			conf_bandwidth_text(a->link_bandwidth, bandwidth));
	if (a->has_local_preference)
		add_number(s, o, CONF_KEY_ANNOUNCE_LOCAL_PREFERENCE, a->local_preference);
	if (a->has_med)
		add_number(s, o, CONF_KEY_ANNOUNCE_MED, a->med);
	if (a->as_path_prepend)
		add_number(s, o, CONF_KEY_ANNOUNCE_AS_PATH_PREPEND, a->as_path_prepend);
	add_when(s, a);
}

static void add_contributors(struct conf_string *s, const struct conf *c)
{
	for (size_t i = 0; i < c->contributors_n; i++) {
		const struct conf_contributor *k = &c->contributors[i];
		const char *state = k->masked_by      ? "masked by "
				    : k->disabled     ? "switched off by the administrator"
				    : k->unmatched    ? "not for this host: "
				    : !k->quarantined ? "in force"
				    : k->last_good    ? "quarantined, last good text in force"
						      : "quarantined, nothing in force";
		const char *what = k->masked_by ? k->masked_by : k->unmatched ? k->unmatched : "";
		conf_string_add(s, "; %s (%s)%s: %s%s\n", k->name, k->file,
			k->owner ? " of the owner" : "", state, what);
		for (size_t j = 0; j < k->aside_n; j++)
			conf_string_add(s, ";   without %s (line %u)%s\n", k->aside[j].section,
				k->aside[j].origin.line,
				k->aside[j].last_good ? ", last good text in force" : "");
	}
}

char *conf_dump(const struct conf *c)
{
	struct conf_string s = {0};
	add_contributors(&s, c);
	add_bgp(&s, &c->bgp);
	add_kernel(&s, &c->kernel);
	add_control(&s, &c->control);
	for (size_t i = 0; i < c->vrfs_n; i++)
		add_vrf(&s, &c->vrfs[i]);
	for (size_t i = 0; i < c->rules_n; i++)
		add_rule(&s, &c->rules[i]);
	for (size_t i = 1; i < c->profiles_n; i++) /* the first is built in */
		add_profile(&s, &c->profiles[i]);
	for (size_t i = 0; i < c->lists_n; i++)
		add_list(&s, &c->lists[i]);
	for (size_t i = 0; i < c->policies_n; i++)
		add_policy(&s, &c->policies[i]);
	for (size_t i = 0; i < c->interfaces_n; i++) {
		conf_string_add(&s, "\n[interface %s]\n", c->interfaces[i].name);
		if (c->interfaces[i].import.steps_n)
			add_chain(&s, "import", &c->interfaces[i].import);
	}
	for (size_t i = 0; i < c->neighbors_n; i++)
		add_neighbor(&s, &c->neighbors[i]);
	for (size_t i = 0; i < c->announcements_n; i++)
		add_announcement(&s, &c->announcements[i]);
	return conf_string_take(&s);
}
