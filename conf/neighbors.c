/* [neighbor] sections of all files to the snapshot's neighbours (conf/snapshot.h). */
#include <stdlib.h>
#include <string.h>

#include "conf/peer.h"
#include "conf/snapshot.h"

const struct conf_vrf *conf_snapshot_vrf(const struct conf *c, const char *name)
{
	size_t low = 1, high = c->vrfs_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int d = strcmp(name, c->vrfs[middle].name);
		if (d == 0)
			return &c->vrfs[middle];
		if (d < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return &c->vrfs[0];
}

static void set_timers(const struct conf_picked *p, struct conf_neighbor *n)
{
	n->hold_time_s = (uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_HOLD_TIME);
	n->keepalive_time_s = (uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_KEEPALIVE_TIME);
	n->send_hold_time_s = (uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_SEND_HOLD_TIME);
	n->connect_retry_time_s =
		(uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_CONNECT_RETRY_TIME);
	n->idle_hold_time_s = (uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_IDLE_HOLD_TIME);
}

static void set_graceful(const struct conf_picked *p, struct conf_neighbor *n)
{
	n->graceful = (enum conf_graceful)conf_picked_number(p, CONF_KEY_NEIGHBOR_GRACEFUL_RESTART);
	n->restart_time_s = (uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_RESTART_TIME);
	n->long_lived_stale_time_s =
		(uint32_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_LONG_LIVED_STALE_TIME);
	n->stale_time_s = (uint32_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_STALE_TIME);
}

static void set_session(const struct conf_picked *p, struct conf_neighbor *n)
{
	const struct conf_value *as = conf_picked_value(p, CONF_KEY_NEIGHBOR_REMOTE_AS, NULL);
	const struct conf_value *source =
		conf_picked_value(p, CONF_KEY_NEIGHBOR_UPDATE_SOURCE, NULL);
	n->remote_as_kind = as ? as->remote_as : CONF_REMOTE_AS_NUMBER;
	n->remote_as = as ? (uint32_t)as->number : 0;
	n->port = (uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_PORT);
	n->passive = conf_picked_number(p, CONF_KEY_NEIGHBOR_PASSIVE);
	n->shutdown = conf_picked_number(p, CONF_KEY_NEIGHBOR_SHUTDOWN);
	n->ttl_security = conf_picked_number(p, CONF_KEY_NEIGHBOR_TTL_SECURITY);
	n->extended_message = conf_picked_number(p, CONF_KEY_NEIGHBOR_EXTENDED_MESSAGE);
	n->ebgp_multihop = (uint8_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_EBGP_MULTIHOP);
	n->maximum_prefix = (uint32_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX);
	n->maximum_prefix_action = (enum conf_limit_action)conf_picked_number(
		p, CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX_ACTION);
	n->allow_as_in = (uint8_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_ALLOW_AS_IN);
	n->maximum_as_path = (uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_MAXIMUM_AS_PATH);
	n->maximum_communities =
		(uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_MAXIMUM_COMMUNITIES);
	n->families = (uint32_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_ADDRESS_FAMILY);
	if (!n->families)
		n->families = conf_families_default(n->address);
	n->add_path = (enum conf_add_path)conf_picked_number(p, CONF_KEY_NEIGHBOR_ADD_PATH);
	n->router_advertisements = conf_picked_number(p, CONF_KEY_NEIGHBOR_ROUTER_ADVERTISEMENTS);
	n->extended_nexthop = conf_picked_value(p, CONF_KEY_NEIGHBOR_EXTENDED_NEXTHOP, NULL)
				      ? conf_picked_number(p, CONF_KEY_NEIGHBOR_EXTENDED_NEXTHOP)
				      : n->address.family != ADDR_V4;
	if (source && source->addr.family)
		n->update_source = source->addr;
	else if (source)
		strncpy(n->update_source_interface, source->text, CONF_INTERFACE_NAME_MAX - 1);
}

static void set_bfd(struct conf *c, const struct conf_picked *p, struct conf_neighbor *n)
{
	n->bfd_strict = conf_picked_number(p, CONF_KEY_NEIGHBOR_BFD_STRICT);
	n->bfd_strict_hold_time_s =
		(uint16_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_BFD_STRICT_HOLD_TIME);
	n->bfd = conf_snapshot_bfd(c, p);
}

static void set_speaker(const struct conf *c, const struct conf_picked *p, struct conf_neighbor *n)
{
	const struct conf_value *to = conf_picked_value(p, CONF_KEY_NEIGHBOR_ANNOUNCE_TO, NULL);
	n->local_speaker = conf_picked_number(p, CONF_KEY_NEIGHBOR_LOCAL_SPEAKER);
	if (n->local_speaker && n->graceful == CONF_GRACEFUL_FULL)
		n->graceful = CONF_GRACEFUL_HELPER; /* it has nothing of ours to keep */
	if (!to || !n->local_speaker)
		return;
	n->announce_to = conf_arena_alloc(p->merge->arena, to->items_n * sizeof(*n->announce_to));
	for (size_t i = 0; i < to->items_n; i++)
		n->announce_to[n->announce_to_n++] = conf_snapshot_target(c, &to->items[i]);
}

static bool is_internal(const struct conf_neighbor *n)
{
	return n->remote_as_kind == CONF_REMOTE_AS_INTERNAL ||
	       (n->remote_as && n->remote_as == n->local_as);
}

static void set_role(const struct conf_picked *p, struct conf_neighbor *n)
{
	n->role_strict = conf_picked_number(p, CONF_KEY_NEIGHBOR_ROLE_STRICT);
	if (!is_internal(n) && !n->local_speaker)
		n->role = (enum conf_role)conf_picked_number(p, CONF_KEY_NEIGHBOR_ROLE);
}

static void set_password(const struct conf_picked *p, struct conf_neighbor *n)
{
	const char *file;
	const struct conf_value *v = conf_picked_value(p, CONF_KEY_NEIGHBOR_PASSWORD_FILE, &file);
	if (!v)
		return;
	n->password_file = v->text;
	n->password_origin = (struct conf_origin){.file = file, .line = v->line};
}

static void set_imports(const struct conf *c, const struct conf_picked *p, struct conf_neighbor *n)
{
	n->imports = conf_arena_alloc(p->merge->arena, p->refs_n * sizeof(*n->imports));
	for (size_t i = 0; i < p->refs_n; i++) {
		const struct conf_ref *ref = &p->refs[i];
		if (conf_source_value(ref->section, CONF_KEY_NEIGHBOR_IMPORT)->line)
			n->imports[n->imports_n++] =
				conf_picked_chain(c, p->merge, ref, CONF_KEY_NEIGHBOR_IMPORT);
	}
	if (n->imports_n)
		n->import_origin = n->imports[0].origin;
}

/* Of one file: a chain more would be no right of another. */
static void set_export(const struct conf *c, const struct conf_picked *p, struct conf_neighbor *n)
{
	for (size_t i = 0; i < p->refs_n && !n->export.steps_n; i++)
		if (conf_source_value(p->refs[i].section, CONF_KEY_NEIGHBOR_EXPORT)->line)
			n->export = conf_picked_chain(
				c, p->merge, &p->refs[i], CONF_KEY_NEIGHBOR_EXPORT);
}

static struct addr address_of(const struct conf_picked *p, enum conf_key key)
{
	const struct conf_value *v = conf_picked_value(p, key, NULL);
	return v ? v->addr : (struct addr){.family = ADDR_NONE};
}

static void make_neighbor(struct conf *c, const struct conf_picked *p, struct conf_neighbor *n)
{
	const struct conf_source_section *s = p->refs[0].section;
	const char *description = conf_picked_text(p, CONF_KEY_NEIGHBOR_DESCRIPTION);
	n->address = s->address;
	strncpy(n->interface, s->interface, CONF_INTERFACE_NAME_MAX - 1);
	n->vrf = conf_snapshot_vrf(c, s->vrf);
	n->vrf_of_interface = s->vrf_of_interface;
	n->name = s->name;
	n->origin = conf_picked_origin(p);
	n->origins = conf_picked_origins(p);
	n->description = description ? description : "";
	n->local_as = (uint32_t)conf_picked_number(p, CONF_KEY_NEIGHBOR_LOCAL_AS);
	if (!n->local_as)
		n->local_as = c->bgp.local_as;
	set_session(p, n);
	set_timers(p, n);
	set_graceful(p, n);
	set_imports(c, p, n);
	set_export(c, p, n);
	n->next_hop[0] = address_of(p, CONF_KEY_NEIGHBOR_NEXT_HOP_IPV4);
	n->next_hop[1] = address_of(p, CONF_KEY_NEIGHBOR_NEXT_HOP_IPV6);
	set_bfd(c, p, n);
	set_password(p, n);
	set_speaker(c, p, n);
	set_role(p, n);
}

/* The interface's import stands in for a chain that the owner does not give (config.md). */
static bool any_ceiling(const struct conf *c)
{
	for (size_t i = 0; i < c->interfaces_n; i++)
		if (c->interfaces[i].import.steps_n)
			return true;
	return false;
}

static void warn_neighbor(
	const struct conf *c, const struct conf_picked *p, const struct conf_neighbor *n)
{
	struct conf_report *r = &p->refs[0].party->now->report;
	unsigned line = p->refs[0].section->line;
	if (n->remote_as_kind == CONF_REMOTE_AS_NUMBER && !n->remote_as)
		conf_report_warning(
			r, line, "[neighbor %s] waits: no file gives its remote-as", n->name);
	else if (!n->local_as)
		conf_report_warning(
			r, line, "[neighbor %s] waits: local-as is not set in [bgp]", n->name);
	if (n->bfd_strict && !n->bfd)
		conf_report_warning(r, line,
			"[neighbor %s] has bfd-strict without a bfd-profile: it waits for nothing",
			n->name);
	if (!n->imports_n && !any_ceiling(c))
		conf_report_warning(
			r, line, "[neighbor %s] has no import: nothing is learnt from it", n->name);
	if (n->role == CONF_ROLE_NONE && conf_picked_number(p, CONF_KEY_NEIGHBOR_ROLE))
		conf_report_warning(r, line,
			"[neighbor %s] has a role, but only external neighbours have one", n->name);
	else if (n->role == CONF_ROLE_NONE && n->role_strict)
		conf_report_warning(r, line,
			"[neighbor %s] has role-strict without a role: it requires nothing",
			n->name);
	if (n->local_speaker && !n->announce_to_n)
		conf_report_warning(r, line,
			"[neighbor %s] has no announce-to: what it announces is for nobody",
			n->name);
}

static int compare_neighbors(const void *a, const void *b)
{
	const struct conf_neighbor *x = a, *y = b;
	if (x->vrf != y->vrf)
		return x->vrf < y->vrf ? -1 : 1;
	int c = addr_compare(x->address, y->address);
	return c ? c : strcmp(x->interface, y->interface);
}

void conf_snapshot_neighbors(struct conf_merge *m, struct conf *c)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_NEIGHBOR, &n);
	c->neighbors = conf_arena_alloc(m->arena, (n + 1) * sizeof(*c->neighbors));
	for (size_t i = 0; i < n;) {
		struct conf_picked p = {
			.merge = m, .kind = CONF_SECTION_NEIGHBOR, .refs = refs + i, .refs_n = 1};
		while (i + p.refs_n < n &&
			strcmp(refs[i].section->name, refs[i + p.refs_n].section->name) == 0)
			p.refs_n++;
		make_neighbor(c, &p, &c->neighbors[c->neighbors_n]);
		warn_neighbor(c, &p, &c->neighbors[c->neighbors_n++]);
		i += p.refs_n;
	}
	if (c->neighbors_n)
		qsort(c->neighbors, c->neighbors_n, sizeof(*c->neighbors), compare_neighbors);
}
