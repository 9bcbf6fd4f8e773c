/* What two configurations differ in, before a route is looked at. */
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "bgpd-lite/plan.h"

#define PUSH(array, n) ((array) = grown((array), ((n) + 1) * sizeof(*(array))), &(array)[(n)++])

static void *grown(void *array, size_t len)
{
	void *p = realloc(array, len);
	if (!p)
		abort();
	return p;
}

static void note(struct plan *p, bool differs, const char *sentence)
{
	if (differs && p->notes_n < PLAN_NOTES_MAX)
		p->notes[p->notes_n++] = sentence;
}

static const struct neighbor *neighbor_of(
	const struct daemon *d, const struct conf_neighbor *before)
{
	for (size_t i = 0; before && i < d->neighbors_n; i++)
		if (d->neighbors[i]->conf == before)
			return d->neighbors[i];
	return NULL;
}

static bool is_up(const struct daemon *d, const struct conf_neighbor *before)
{
	const struct neighbor *n = neighbor_of(d, before);
	return n && (neighbor_is_up(n) || n->speaker);
}

/* What the file holds now, against what the session was last given: 0 the same, 1 another, -1: it
 * cannot be read, or nothing is up. */
static int key_changes(
	const struct plan *p, const struct conf_neighbor *before, const struct conf_neighbor *after)
{
	const struct neighbor *n = neighbor_of(p->d, before);
	uint8_t key[SESSION_PASSWORD_MAX];
	char why[160];
	int len = is_up(p->d, before) ? key_read(p->d, after->password_file, key, why, sizeof(why))
				      : -1;

	if (len < 0)
		return -1;
	const struct session_conf *now = session_configuration(n->session);
	bool same = len == now->password_len && memcmp(key, now->password, (size_t)len) == 0;
	explicit_bzero(key, sizeof(key));
	return !same;
}

/* Of those that need a new session: of a password the content counts, not the file. */
static uint64_t reset_keys(
	const struct plan *p, const struct conf_neighbor *before, const struct conf_neighbor *after)
{
	const uint64_t password = CONF_DIFF_BIT(CONF_KEY_NEIGHBOR_PASSWORD_FILE);
	uint64_t keys = conf_neighbor_reset_keys(before, after);
	int changes = key_changes(p, before, after);

	if (changes < 0)
		return keys;
	return changes ? keys | password : keys & ~password;
}

static void add_session(
	struct plan *p, const struct conf_neighbor *before, const struct conf_neighbor *after)
{
	uint64_t reset = before && after ? reset_keys(p, before, after) : 0;

	*PUSH(p->sessions, p->sessions_n) = (struct plan_session){.change = !before  ? PLAN_ADDED
									    : !after ? PLAN_REMOVED
									    : reset  ? PLAN_RESET
										     : PLAN_CHANGED,
		.before = before,
		.after = after,
		.up = is_up(p->d, before),
		.keys = before && after ? conf_neighbor_keys(before, after) | reset : 0,
		.reset_keys = reset};
}

static void compare_sessions(struct plan *p)
{
	for (size_t i = 0; i < p->now->neighbors_n; i++) {
		const struct conf_neighbor *before = &p->now->neighbors[i];
		const struct conf_neighbor *after = conf_neighbor_find(p->next, before);
		if (!after || conf_neighbor_diff(before, after) != CONF_CHANGE_NONE ||
			reset_keys(p, before, after))
			add_session(p, before, after);
	}
	for (size_t i = 0; i < p->next->neighbors_n; i++)
		if (!conf_neighbor_find(p->now, &p->next->neighbors[i]))
			add_session(p, NULL, &p->next->neighbors[i]);
}

static const struct conf_interface *ceiling_find(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->interfaces_n; i++)
		if (c->interfaces[i].import.steps_n && strcmp(c->interfaces[i].name, name) == 0)
			return &c->interfaces[i];
	return NULL;
}

static void compare_interfaces(struct plan *p)
{
	for (size_t i = 0; i < p->now->interfaces_n; i++) {
		const struct conf_interface *x = &p->now->interfaces[i];
		const struct conf_interface *y = ceiling_find(p->next, x->name);
		if (x->import.steps_n && !y)
			*PUSH(p->interfaces, p->interfaces_n) =
				(struct plan_interface){PLAN_REMOVED, x->name};
		else if (x->import.steps_n && !conf_chain_equal(&x->import, &y->import))
			*PUSH(p->interfaces, p->interfaces_n) =
				(struct plan_interface){PLAN_CHANGED, x->name};
	}
	for (size_t i = 0; i < p->next->interfaces_n; i++) {
		const struct conf_interface *y = &p->next->interfaces[i];
		if (y->import.steps_n && !ceiling_find(p->now, y->name))
			*PUSH(p->interfaces, p->interfaces_n) =
				(struct plan_interface){PLAN_ADDED, y->name};
	}
}

static const struct conf_vrf *vrf_find(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->vrfs_n; i++)
		if (strcmp(c->vrfs[i].name, name) == 0)
			return &c->vrfs[i];
	return NULL;
}

/* Its rules apart: they are compared by themselves. */
static bool vrf_equal(const struct conf_vrf *a, const struct conf_vrf *b)
{
	return strcmp(a->device, b->device) == 0 && a->table == b->table &&
	       a->maximum_paths == b->maximum_paths && a->multipath_relax == b->multipath_relax &&
	       a->bestpath_bandwidth == b->bestpath_bandwidth && a->fallthrough == b->fallthrough;
}

static void compare_vrfs(struct plan *p)
{
	for (size_t i = 0; i < p->now->vrfs_n; i++) {
		const struct conf_vrf *x = &p->now->vrfs[i], *y = vrf_find(p->next, x->name);
		if (!y || !vrf_equal(x, y))
			*PUSH(p->vrfs, p->vrfs_n) =
				(struct plan_vrf){y ? PLAN_CHANGED : PLAN_REMOVED, x, y};
	}
	for (size_t i = 0; i < p->next->vrfs_n; i++)
		if (!vrf_find(p->now, p->next->vrfs[i].name))
			*PUSH(p->vrfs, p->vrfs_n) =
				(struct plan_vrf){PLAN_ADDED, NULL, &p->next->vrfs[i]};
}

static bool wish_equal(const struct rules_wish *a, const struct rules_wish *b)
{
	bool same_vrf =
		!a->vrf || !b->vrf ? a->vrf == b->vrf : strcmp(a->vrf->name, b->vrf->name) == 0;
	return same_vrf && memcmp(&a->rule, &b->rule, sizeof(a->rule)) == 0;
}

/* How many of a are not in b. */
static unsigned missing(
	const struct rules_wish *a, size_t a_n, const struct rules_wish *b, size_t b_n)
{
	unsigned n = 0;
	for (size_t i = 0; i < a_n; i++) {
		size_t k = 0;
		while (k < b_n && !wish_equal(&a[i], &b[k]))
			k++;
		n += k == b_n;
	}
	return n;
}

static void compare_rules(struct plan *p)
{
	struct rules_wish *now = NULL, *next = NULL;
	size_t now_n, next_n;

	if (!rules_plan(p->now, &now, &now_n) || !rules_plan(p->next, &next, &next_n))
		abort();
	p->rules.added = missing(next, next_n, now, now_n);
	p->rules.removed = missing(now, now_n, next, next_n);
	free(now);
	free(next);
}

static bool prefixes_equal(const struct conf_prefixes *a, const struct conf_prefixes *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++)
		same = prefix_equal(a->prefix[i], b->prefix[i]);
	return same;
}

static bool kernel_equal(const struct conf_kernel *a, const struct conf_kernel *b)
{
	return a->route_protocol == b->route_protocol &&
	       a->nexthop_protocol == b->nexthop_protocol && a->metric == b->metric &&
	       a->nexthop_id_first == b->nexthop_id_first &&
	       a->nexthop_id_last == b->nexthop_id_last && a->multipath == b->multipath;
}

static bool deny_differs(const struct plan *p)
{
	bool differs = !conf_lists_equal(&p->now->bgp.deny_import, &p->next->bgp.deny_import);

	for (size_t i = 0; i < p->now->vrfs_n && !differs; i++) {
		const struct conf_vrf *x = &p->now->vrfs[i], *y = vrf_find(p->next, x->name);
		differs = y && !conf_lists_equal(&x->deny_import, &y->deny_import);
	}
	return differs;
}

static bool leaks_differ(const struct plan *p)
{
	bool differ = false;

	for (size_t i = 0; i < p->now->vrfs_n && !differ; i++) {
		const struct conf_vrf *x = &p->now->vrfs[i], *y = vrf_find(p->next, x->name);
		differ = y && !conf_leaks_equal(x, y);
	}
	return differ;
}

static void compare_rest(struct plan *p)
{
	const struct conf_bgp *a = &p->now->bgp, *b = &p->next->bgp;
	bool router_id = addr_equal(a->router_id, b->router_id) &&
			 strcmp(a->router_id_interface, b->router_id_interface) == 0;

	note(p, !prefixes_equal(&a->always_block, &b->always_block), "always-block changes");
	note(p, deny_differs(p), "deny-import changes");
	note(p, leaks_differ(p), "import-vrf changes");
	note(p, !prefixes_equal(&a->pod_networks, &b->pod_networks), "pod-networks change");
	note(p, !router_id, "router-id changes: each session uses it from its next start on");
	note(p, !kernel_equal(&p->now->kernel, &p->next->kernel),
		"[kernel] changes: it is used from the daemon's next start on");
}

bool plan_session_ends(const struct plan_session *s)
{
	bool shut = s->after && s->after->shutdown;
	return s->up && (s->change == PLAN_REMOVED || s->change == PLAN_RESET || shut);
}

bool plan_changes(const struct plan *p)
{
	return p->sessions_n || p->interfaces_n || p->vrfs_n || p->prefixes_n || p->announced_n ||
	       p->announced_changed || p->rules.added || p->rules.removed || p->notes_n;
}

bool plan_ends_sessions(const struct plan *p)
{
	for (size_t i = 0; i < p->sessions_n; i++)
		if (plan_session_ends(&p->sessions[i]))
			return true;
	return false;
}

void plan_compare(struct plan *p)
{
	compare_sessions(p);
	compare_interfaces(p);
	compare_vrfs(p);
	compare_rules(p);
	compare_rest(p);
}
