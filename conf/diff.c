#include "conf/diff.h"

#include <string.h>

/* Steps through the rules of a chain. */
struct step {
	const struct conf_chain *chain;
	size_t list;
	size_t rule;
};

static const struct conf_prefix_rule *step_next(struct step *s)
{
	while (s->list < s->chain->lists_n) {
		const struct conf_prefix_list *l = s->chain->lists[s->list];
		if (s->rule < l->rules_n)
			return &l->rules[s->rule++];
		s->list++;
		s->rule = 0;
	}
	return NULL;
}

static bool rule_equal(const struct conf_prefix_rule *a, const struct conf_prefix_rule *b)
{
	return prefix_equal(a->prefix, b->prefix) && a->ge == b->ge && a->le == b->le &&
	       a->permit == b->permit;
}

/* Where one list ends and the next begins decides nothing. */
bool conf_chain_equal(const struct conf_chain *a, const struct conf_chain *b)
{
	struct step s = {.chain = a}, t = {.chain = b};
	if (!a->lists_n != !b->lists_n)
		return false; /* no chain at all is not an empty one */
	for (;;) {
		const struct conf_prefix_rule *x = step_next(&s), *y = step_next(&t);
		if (!x || !y)
			return x == y;
		if (!rule_equal(x, y))
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

static bool bfd_equal(const struct conf_bfd_profile *a, const struct conf_bfd_profile *b)
{
	if (!a || !b)
		return a == b;
	return a->transmit_interval_us == b->transmit_interval_us &&
	       a->receive_interval_us == b->receive_interval_us &&
	       a->detect_multiplier == b->detect_multiplier && a->passive == b->passive &&
	       a->minimum_ttl == b->minimum_ttl && a->up_delay_s == b->up_delay_s &&
	       a->up_delay_maximum_s == b->up_delay_maximum_s;
}

static bool password_equal(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	if (!a->password_file || !b->password_file)
		return a->password_file == b->password_file;
	return strcmp(a->password_file, b->password_file) == 0;
}

static bool session_equal(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	return a->local_as == b->local_as && a->remote_as_kind == b->remote_as_kind &&
	       a->remote_as == b->remote_as && a->port == b->port &&
	       a->ttl_security == b->ttl_security && a->ebgp_multihop == b->ebgp_multihop &&
	       a->families == b->families && a->graceful == b->graceful &&
	       a->restart_time_s == b->restart_time_s &&
	       addr_equal(a->update_source, b->update_source) &&
	       strcmp(a->update_source_interface, b->update_source_interface) == 0 &&
	       password_equal(a, b) && strcmp(a->vrf->device, b->vrf->device) == 0;
}

static bool rest_equal(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	return a->hold_time_s == b->hold_time_s && a->keepalive_time_s == b->keepalive_time_s &&
	       a->connect_retry_time_s == b->connect_retry_time_s &&
	       a->idle_hold_time_s == b->idle_hold_time_s &&
	       a->maximum_prefix == b->maximum_prefix &&
	       a->maximum_prefix_action == b->maximum_prefix_action &&
	       a->allow_as_in == b->allow_as_in && a->stale_time_s == b->stale_time_s &&
	       a->passive == b->passive && a->shutdown == b->shutdown &&
	       strcmp(a->description, b->description) == 0 && bfd_equal(a->bfd, b->bfd) &&
	       a->bfd_strict == b->bfd_strict &&
	       a->bfd_strict_hold_time_s == b->bfd_strict_hold_time_s && conf_imports_equal(a, b);
}

enum conf_change conf_neighbor_diff(const struct conf_neighbor *a, const struct conf_neighbor *b)
{
	if (!session_equal(a, b))
		return CONF_CHANGE_RESET;
	return rest_equal(a, b) ? CONF_CHANGE_NONE : CONF_CHANGE_LIVE;
}

const struct conf_neighbor *conf_neighbor_find(
	const struct conf *c, const struct conf_neighbor *like)
{
	for (size_t i = 0; i < c->neighbors_n; i++) {
		const struct conf_neighbor *n = &c->neighbors[i];
		if (addr_equal(n->address, like->address) &&
			strcmp(n->interface, like->interface) == 0 &&
			strcmp(n->vrf->name, like->vrf->name) == 0)
			return n;
	}
	return NULL;
}
