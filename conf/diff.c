#include "conf/diff.h"

#include <stdlib.h>
#include <string.h>

/* Walks through the rules and policies of a chain. */
struct walk {
	const struct conf_chain *chain;
	size_t step;
	size_t rule;
};

/* A rule of a list, or a policy; both NULL at the end. */
struct item {
	const struct conf_prefix_rule *rule;
	const struct conf_policy *policy;
};

static struct item walk_next(struct walk *w)
{
	while (w->step < w->chain->steps_n) {
		const struct conf_step *s = &w->chain->steps[w->step];
		if (s->list && w->rule < s->list->rules_n)
			return (struct item){.rule = &s->list->rules[w->rule++]};
		w->step++;
		w->rule = 0;
		if (s->policy)
			return (struct item){.policy = s->policy};
	}
	return (struct item){0};
}

static bool rule_equal(const struct conf_prefix_rule *a, const struct conf_prefix_rule *b)
{
	return prefix_equal(a->prefix, b->prefix) && a->ge == b->ge && a->le == b->le &&
	       a->permit == b->permit;
}

static bool list_equal(const struct conf_prefix_list *a, const struct conf_prefix_list *b)
{
	bool same = a->rules_n == b->rules_n;
	for (size_t i = 0; same && i < a->rules_n; i++)
		same = rule_equal(&a->rules[i], &b->rules[i]);
	return same;
}

bool conf_leaks_equal(const struct conf_vrf *a, const struct conf_vrf *b)
{
	bool same = a->imports_n == b->imports_n;
	for (size_t i = 0; same && i < a->imports_n; i++)
		same = strcmp(a->imports[i].vrf->name, b->imports[i].vrf->name) == 0 &&
		       list_equal(a->imports[i].list, b->imports[i].list);
	return same;
}

bool conf_lists_equal(const struct conf_lists *a, const struct conf_lists *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++)
		same = list_equal(a->list[i], b->list[i]);
	return same;
}

static bool numbers_equal(const void *a, size_t a_n, const void *b, size_t b_n, size_t size)
{
	return a_n == b_n && (a_n == 0 || memcmp(a, b, a_n * size) == 0);
}

static bool matches_equal(const struct conf_policy *a, const struct conf_policy *b)
{
	bool same = a->lists_n == b->lists_n;
	for (size_t i = 0; same && i < a->lists_n; i++)
		same = list_equal(a->lists[i], b->lists[i]);
	return same && a->length_min == b->length_min && a->length_max == b->length_max &&
	       numbers_equal(
		       a->communities, a->communities_n, b->communities, b->communities_n, 4) &&
	       numbers_equal(a->large, a->large_n, b->large, b->large_n, sizeof(a->large[0])) &&
	       numbers_equal(a->origin_as, a->origin_as_n, b->origin_as, b->origin_as_n, 4) &&
	       numbers_equal(a->contains, a->contains_n, b->contains, b->contains_n, 4);
}

static bool policy_equal(const struct conf_policy *a, const struct conf_policy *b)
{
	return matches_equal(a, b) && a->set_local_preference == b->set_local_preference &&
	       a->local_preference == b->local_preference && a->set_med == b->set_med &&
	       a->med == b->med && addr_equal(a->source[0], b->source[0]) &&
	       addr_equal(a->source[1], b->source[1]) && a->kernel_metric == b->kernel_metric &&
	       a->action == b->action;
}

static bool item_equal(struct item a, struct item b)
{
	if (a.rule && b.rule)
		return rule_equal(a.rule, b.rule);
	return a.policy && b.policy && policy_equal(a.policy, b.policy);
}

/* Where one list ends and the next begins decides nothing. */
bool conf_chain_equal(const struct conf_chain *a, const struct conf_chain *b)
{
	struct walk s = {.chain = a}, t = {.chain = b};
	if (!a->steps_n != !b->steps_n)
		return false; /* no chain at all is not an empty one */
	for (;;) {
		struct item x = walk_next(&s), y = walk_next(&t);
		bool x_end = !x.rule && !x.policy, y_end = !y.rule && !y.policy;
		if (x_end || y_end)
			return x_end && y_end;
		if (!item_equal(x, y))
			return false;
	}
}

bool conf_imports_equal(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	if (a->imports_n != b->imports_n)
		return false;
	for (size_t i = 0; i < a->imports_n; i++)
		if (a->imports[i].owner != b->imports[i].owner ||
			!conf_chain_equal(&a->imports[i], &b->imports[i]))
			return false;
	return true;
}

static bool keys_equal(const struct conf_bfd_profile *a, const struct conf_bfd_profile *b)
{
	bool equal = a->authentication == b->authentication && a->keys_n == b->keys_n;
	for (size_t i = 0; equal && i < a->keys_n; i++)
		equal = a->keys[i].id == b->keys[i].id &&
			strcmp(a->keys[i].file, b->keys[i].file) == 0;
	return equal;
}

static bool bfd_equal(const struct conf_bfd_profile *a, const struct conf_bfd_profile *b)
{
	if (!a || !b)
		return a == b;
	return a->transmit_interval_us == b->transmit_interval_us &&
	       a->receive_interval_us == b->receive_interval_us &&
	       a->detect_multiplier == b->detect_multiplier && a->passive == b->passive &&
	       a->minimum_ttl == b->minimum_ttl && a->zero_checksum == b->zero_checksum &&
	       a->up_delay_s == b->up_delay_s && a->up_delay_maximum_s == b->up_delay_maximum_s &&
	       keys_equal(a, b);
}

static bool password_equal(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	if (!a->password_file || !b->password_file)
		return a->password_file == b->password_file;
	return strcmp(a->password_file, b->password_file) == 0;
}

static uint64_t bit(enum conf_key key, bool same)
{
	return same ? 0 : CONF_DIFF_BIT(key);
}

/* What the session must be opened anew for. */
static uint64_t session_keys(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	bool source = addr_equal(a->update_source, b->update_source) &&
		      strcmp(a->update_source_interface, b->update_source_interface) == 0;
	bool remote_as = a->remote_as_kind == b->remote_as_kind && a->remote_as == b->remote_as;
	bool device = strcmp(a->vrf->device, b->vrf->device) == 0;

	return bit(CONF_KEY_NEIGHBOR_LOCAL_AS, a->local_as == b->local_as) |
	       bit(CONF_KEY_NEIGHBOR_REMOTE_AS, remote_as) |
	       bit(CONF_KEY_NEIGHBOR_PORT, a->port == b->port) |
	       bit(CONF_KEY_NEIGHBOR_TTL_SECURITY, a->ttl_security == b->ttl_security) |
	       bit(CONF_KEY_NEIGHBOR_EXTENDED_MESSAGE, a->extended_message == b->extended_message) |
	       bit(CONF_KEY_NEIGHBOR_EXTENDED_NEXTHOP, a->extended_nexthop == b->extended_nexthop) |
	       bit(CONF_KEY_NEIGHBOR_ADD_PATH, a->add_path == b->add_path) |
	       bit(CONF_KEY_NEIGHBOR_LONG_LIVED_STALE_TIME,
		       a->long_lived_stale_time_s == b->long_lived_stale_time_s) |
	       bit(CONF_KEY_NEIGHBOR_ROLE, a->role == b->role) |
	       bit(CONF_KEY_NEIGHBOR_ROLE_STRICT, a->role_strict == b->role_strict) |
	       bit(CONF_KEY_NEIGHBOR_EBGP_MULTIHOP, a->ebgp_multihop == b->ebgp_multihop) |
	       bit(CONF_KEY_NEIGHBOR_ADDRESS_FAMILY, a->families == b->families) |
	       bit(CONF_KEY_NEIGHBOR_GRACEFUL_RESTART, a->graceful == b->graceful) |
	       bit(CONF_KEY_NEIGHBOR_RESTART_TIME, a->restart_time_s == b->restart_time_s) |
	       bit(CONF_KEY_NEIGHBOR_UPDATE_SOURCE, source) |
	       bit(CONF_KEY_NEIGHBOR_LOCAL_SPEAKER, a->local_speaker == b->local_speaker) |
	       bit(CONF_KEY_NEIGHBOR_PASSWORD_FILE, password_equal(a, b)) |
	       (device ? 0 : CONF_DIFF_DEVICE);
}

static bool target_equal(const struct conf_target *a, const struct conf_target *b)
{
	if (a->kind != b->kind || !a->vrf != !b->vrf)
		return false;
	return (!a->vrf || strcmp(a->vrf->name, b->vrf->name) == 0) &&
	       addr_equal(a->address, b->address) && strcmp(a->interface, b->interface) == 0;
}

static bool announce_to_equal(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	if (a->announce_to_n != b->announce_to_n)
		return false;
	for (size_t i = 0; i < a->announce_to_n; i++)
		if (!target_equal(&a->announce_to[i], &b->announce_to[i]))
			return false;
	return true;
}

static uint64_t timer_keys(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	return bit(CONF_KEY_NEIGHBOR_HOLD_TIME, a->hold_time_s == b->hold_time_s) |
	       bit(CONF_KEY_NEIGHBOR_KEEPALIVE_TIME, a->keepalive_time_s == b->keepalive_time_s) |
	       bit(CONF_KEY_NEIGHBOR_SEND_HOLD_TIME, a->send_hold_time_s == b->send_hold_time_s) |
	       bit(CONF_KEY_NEIGHBOR_CONNECT_RETRY_TIME,
		       a->connect_retry_time_s == b->connect_retry_time_s) |
	       bit(CONF_KEY_NEIGHBOR_IDLE_HOLD_TIME, a->idle_hold_time_s == b->idle_hold_time_s) |
	       bit(CONF_KEY_NEIGHBOR_STALE_TIME, a->stale_time_s == b->stale_time_s) |
	       bit(CONF_KEY_NEIGHBOR_BFD_STRICT_HOLD_TIME,
		       a->bfd_strict_hold_time_s == b->bfd_strict_hold_time_s);
}

/* What is taken over while the session runs. */
static uint64_t live_keys(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	return timer_keys(a, b) |
	       bit(CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX, a->maximum_prefix == b->maximum_prefix) |
	       bit(CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX_ACTION,
		       a->maximum_prefix_action == b->maximum_prefix_action) |
	       bit(CONF_KEY_NEIGHBOR_ALLOW_AS_IN, a->allow_as_in == b->allow_as_in) |
	       bit(CONF_KEY_NEIGHBOR_MAXIMUM_AS_PATH, a->maximum_as_path == b->maximum_as_path) |
	       bit(CONF_KEY_NEIGHBOR_MAXIMUM_COMMUNITIES,
		       a->maximum_communities == b->maximum_communities) |
	       bit(CONF_KEY_NEIGHBOR_ROUTER_ADVERTISEMENTS,
		       a->router_advertisements == b->router_advertisements) |
	       bit(CONF_KEY_NEIGHBOR_PASSIVE, a->passive == b->passive) |
	       bit(CONF_KEY_NEIGHBOR_SHUTDOWN, a->shutdown == b->shutdown) |
	       bit(CONF_KEY_NEIGHBOR_DESCRIPTION, strcmp(a->description, b->description) == 0) |
	       bit(CONF_KEY_NEIGHBOR_BFD_PROFILE, bfd_equal(a->bfd, b->bfd)) |
	       bit(CONF_KEY_NEIGHBOR_ANNOUNCE_TO, announce_to_equal(a, b)) |
	       bit(CONF_KEY_NEIGHBOR_BFD_STRICT, a->bfd_strict == b->bfd_strict) |
	       bit(CONF_KEY_NEIGHBOR_IMPORT, conf_imports_equal(a, b)) |
	       bit(CONF_KEY_NEIGHBOR_EXPORT, conf_chain_equal(&a->export, &b->export)) |
	       bit(CONF_KEY_NEIGHBOR_NEXT_HOP_IPV4, addr_equal(a->next_hop[0], b->next_hop[0])) |
	       bit(CONF_KEY_NEIGHBOR_NEXT_HOP_IPV6, addr_equal(a->next_hop[1], b->next_hop[1]));
}

uint64_t conf_neighbor_reset_keys(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	return session_keys(a, b);
}

uint64_t conf_neighbor_keys(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	return session_keys(a, b) | live_keys(a, b);
}

enum conf_change conf_neighbor_diff(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	if (session_keys(a, b))
		return CONF_CHANGE_RESET;
	return live_keys(a, b) ? CONF_CHANGE_LIVE : CONF_CHANGE_NONE;
}

static bool key_equal(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	return addr_equal(a->address, b->address) && strcmp(a->interface, b->interface) == 0 &&
	       strcmp(a->vrf->name, b->vrf->name) == 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct conf_neighbor *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* The neighbours are sorted by name; one of another name may still be the same. */
const struct conf_neighbor *conf_neighbor_find(
	const struct conf *c, const struct conf_neighbor *like)
{
	const struct conf_neighbor *n = c->neighbors_n ? bsearch(like, c->neighbors, c->neighbors_n,
								 sizeof(*n), compare_names)
						       : NULL;
	if (n && key_equal(n, like))
		return n;
	for (size_t i = 0; i < c->neighbors_n; i++)
		if (key_equal(&c->neighbors[i], like))
			return &c->neighbors[i];
	return NULL;
}

bool conf_target_has(const struct conf_target *t, const struct conf_neighbor *c)
{
	switch (t->kind) {
	case CONF_TARGET_ALL:
		return !c->local_speaker;
	case CONF_TARGET_VRF:
		return !c->local_speaker && t->vrf == c->vrf;
	case CONF_TARGET_NEIGHBOR:
		return (t->vrf == c->vrf || (t->vrf_of_interface && c->vrf_of_interface)) &&
		       addr_equal(t->address, c->address) &&
		       strcmp(t->interface, c->interface) == 0;
	}
	return false;
}
