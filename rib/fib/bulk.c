/* The bulk channel: one packet at a time, FIB_SLICE_N elements between two looks around. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rib/fib/adopt.h"
#include "rib/fib/fib.h"

/* --- configuration, tables --- */

/* Finds what earlier lives left and begins behind their ids. */
static int begin_life(struct fib *f)
{
	struct inventory v;
	uint32_t first, last;
	int error = inventory_read(f, &v);
	uint32_t *used = fib_grow(NULL, v.n + 1, sizeof(used[0]));
	for (size_t i = 0; i < v.n; i++)
		used[i] = v.object[i].id;
	if (!error && !ledger_choose_range(f->config.nexthop_id_first, f->config.nexthop_id_last,
			      used, v.n, &first, &last))
		error = -ENOSPC;
	if (!error) {
		ledger_set_range(&f->ledger, first, last);
		log_info("configured metric=%u protocol=%u ids=%u-%u", f->config.metric,
			f->config.route_protocol, first, last);
		if (f->config.adopt && f->config.multipath)
			adopt_routes(f);
		else if (f->config.adopt)
			adopt_objects(f, &v);
	}
	free(used);
	free(v.object);
	return error;
}

static void take_config(struct fib *f, const struct fib_msg_config *m)
{
	if (f->configured) {
		log_err("config-refused reason=\"a second one\"");
		return;
	}
	f->config = *m;
	int error = begin_life(f);
	if (error) {
		log_err("config-refused error=\"%s\" ids=%u-%u", strerror(-error),
			m->nexthop_id_first, m->nexthop_id_last);
		f->ended = true;
		f->exit_code = 1;
		return;
	}
	f->configured = true;
	error = kernel_listen_routes(&f->kernel, m->route_protocol);
	if (error)
		log_warn("route-notifications-unavailable error=\"%s\"", strerror(-error));
	compare_start(f);
}

static void take_table(struct fib *f, const struct fib_table *m)
{
	const struct fib_table *old = tables_find(&f->tables, m->table);
	bool had_default = old && old->unreachable_default;

	if (!tables_allowed(m->table)) {
		outbox_table_error(&f->out, m->table, EPERM, "this table is nobody's to write");
		return;
	}
	tables_set(&f->tables, m);
	if (m->present && m->unreachable_default)
		fib_defaults_set(f, m->table);
	else if (had_default && m->present)
		fib_defaults_del(f, m->table);
	else if (!m->present)
		sweep_begin_table(f, m->table); /* and the default at its end */
}

/* --- gateways and groups --- */

static void take_gateway(struct fib *f, const struct fib_gateway *m)
{
	if (!ledger_gateway(&f->ledger, m, &f->kops))
		outbox_gateway_lost(&f->out, m->gateway, ENOSPC, "the range of ids is used up");
}

static void take_group(struct fib *f, const struct fib_msg_group *m)
{
	if (!ledger_group(&f->ledger, m->group, m->member, m->live_n, m->member + m->live_n,
		    m->fallback_n, &f->kops))
		log_err("group-refused group=%u reason=\"the range of ids is used up\"", m->group);
}

/* --- routes --- */

struct route_slice {
	struct fib *f;
	struct fib_route route[FIB_SLICE_N]; /* of each message in the batch */
	bool del[FIB_SLICE_N];
	bool refused[FIB_SLICE_N];
	size_t n;
	bool moves; /* some of them do */
};

static bool route_valid(const struct fib_route *r)
{
	return (r->family == ADDR_V4 || r->family == ADDR_V6) && r->len <= addr_bits(r->family);
}

static struct addr route_source(const struct fib_route *r)
{
	struct addr a = addr_from_bytes(r->family, r->source);
	return addr_is_unspecified(a) ? (struct addr){0} : a;
}

static struct nlbuild_route route_message(
	const struct fib *f, const struct fib_route *r, uint32_t id)
{
	return (struct nlbuild_route){.table = r->table,
		.metric = r->metric ? r->metric : fib_metric(f, (enum addr_family)r->family),
		.nh_id = id,
		.protocol = f->config.route_protocol,
		.prefix = prefix_make(addr_from_bytes(r->family, r->addr), r->len),
		.source = route_source(r)};
}

/* A deletion that was refused: it is reported with its metric alone. */
static void deletion_refused(
	struct route_slice *s, struct fib_route *r, int error, const char *text)
{
	if (error == ESRCH || error == ENOENT)
		return;
	r->moves = 0;
	outbox_route_error(&s->f->out, r, error, text);
	fib_audit_hint(s->f);
}

static void route_refused(void *ctx, size_t index, int error, const char *text)
{
	struct route_slice *s = ctx;
	struct fib_route r = s->route[index];

	s->refused[index] = !s->del[index];
	if (s->del[index]) {
		deletion_refused(s, &r, error, text);
		return;
	}
	outbox_route_error(&s->f->out, &r, error, text);
	fib_audit_hint(s->f);
}

static void leaving_refused(void *ctx, size_t index, int error, const char *text)
{
	struct route_slice *s = ctx;
	deletion_refused(s, &s->route[index], error, text);
}

/* Deletes what the routes that are there now have left. */
static void leave(struct route_slice *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!s->route[i].moves || s->refused[i])
			continue;
		struct fib_route r = s->route[i];
		r.group = 0;
		r.metric = r.was;
		memset(r.source, 0, sizeof(r.source));
		struct nlbuild_route x = route_message(s->f, &r, 0);
		kernel_add(&s->f->kernel, nlbuild_route_del(kernel_next(&s->f->kernel), &x));
		s->route[n++] = r;
	}
	kernel_commit(&s->f->kernel, leaving_refused, s);
}

static void slice_commit(struct route_slice *s)
{
	kernel_commit(&s->f->kernel, route_refused, s);
	if (s->moves)
		leave(s);
	s->n = 0;
	s->moves = false;
	memset(s->refused, 0, sizeof(s->refused));
}

/* Is there an operation before it that must be done with first? */
static bool slice_has(const struct route_slice *s, const struct fib_route *r)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->route[i].table == r->table && s->route[i].family == r->family &&
			s->route[i].len == r->len &&
			memcmp(s->route[i].addr, r->addr, sizeof(r->addr)) == 0)
			return true;
	return false;
}

static size_t group_hops(
	const struct fib *f, uint32_t group, struct hop out[2 * FIB_GROUP_MEMBERS_MAX])
{
	return ledger_group_hops(handles_find(&f->ledger.groups, group), out);
}

static void take_route(struct route_slice *s, const struct fib_route *r)
{
	struct fib *f = s->f;
	uint32_t id = 0;
	int error;
	enum ledger_route what = LEDGER_ROUTE_DELETE;

	if (!route_valid(r) || !tables_find(&f->tables, r->table)) {
		outbox_route_error(&f->out, r, route_valid(r) ? EPERM : EINVAL,
			route_valid(r) ? "the table is not configured" : "not a prefix");
		return;
	}
	if (r->group)
		what = ledger_route(&f->ledger, r->group, &id, &error);
	if (what == LEDGER_ROUTE_REFUSED) {
		outbox_route_error(&f->out, r, error,
			error == ENOENT ? "no such group" : "the group could not be created");
		return;
	}
	if ((s->moves || r->moves) && slice_has(s, r))
		slice_commit(s);
	s->moves |= r->moves != 0;
	if (r->metric)
		drift_metric(&f->drift, r->metric);
	struct hop hop[2 * FIB_GROUP_MEMBERS_MAX];
	bool plain = f->config.multipath && what == LEDGER_ROUTE_SET;
	struct nlbuild_route x = route_message(f, r, plain ? 0 : id);
	x.hop = hop;
	x.hop_n = plain ? group_hops(f, r->group, hop) : 0;
	struct nl_msg *m = kernel_next(&f->kernel);
	s->del[s->n] = what == LEDGER_ROUTE_DELETE;
	s->route[s->n] = *r;
	kernel_add(&f->kernel, (s->del[s->n++] ? nlbuild_route_del : nlbuild_route_set)(m, &x));
}

static void take_routes(struct fib *f, const uint8_t *element, size_t n)
{
	struct route_slice s = {.f = f};
	struct fib_route r[FIB_SLICE_N];
	unsigned families = 0;

	memcpy(r, element, n * sizeof(r[0]));
	for (size_t i = 0; i < n; i++)
		families |= r[i].family == ADDR_V6 ? 2 : 1;
	compare_writes(f, families);
	resolve_written(f);
	for (size_t i = 0; i < n; i++)
		take_route(&s, &r[i]);
	slice_commit(&s);
}

/* --- packets --- */

/* Bytes of one element; 0: no such message on this channel. */
static size_t element_size(uint8_t type)
{
	switch (type) {
	case FIB_MSG_CONFIG:
		return sizeof(struct fib_msg_config) - sizeof(struct chan_head);
	case FIB_MSG_TABLE:
		return sizeof(struct fib_table);
	case FIB_MSG_GATEWAY:
		return sizeof(struct fib_gateway);
	case FIB_MSG_GATEWAY_FREE:
	case FIB_MSG_FORGET:
	case FIB_MSG_GROUP_FREE:
		return sizeof(struct fib_handle);
	case FIB_MSG_HOLD:
	case FIB_MSG_RELEASE:
		return sizeof(struct fib_hold);
	case FIB_MSG_ROUTES:
		return sizeof(struct fib_route);
	case FIB_MSG_RULE:
		return sizeof(struct fib_rule);
	case FIB_MSG_UNNUMBERED:
		return sizeof(struct fib_unnumbered);
	case FIB_MSG_RESOLVE:
		return sizeof(struct fib_resolve);
	case FIB_MSG_NEIGHBOR:
		return sizeof(struct fib_watch_neighbor);
	default: /* a number from the channel */
		return 0;
	}
}

static bool group_valid(const struct fib_msg_group *m, size_t len)
{
	if (len < offsetof(struct fib_msg_group, member) || m->live_n > FIB_GROUP_MEMBERS_MAX ||
		m->fallback_n > FIB_GROUP_MEMBERS_MAX || len != fib_msg_group_len(m))
		return false;
	for (size_t i = 0; i < (size_t)m->live_n + m->fallback_n; i++)
		if (!m->member[i].weight)
			return false;
	return true;
}

static bool packet_valid(const struct fib *f, size_t len)
{
	const struct bulk *b = &f->bulk;
	if (len < sizeof(b->head) || b->head.version != FIB_CHANNEL_VERSION)
		return false;
	if (!f->configured && b->head.type != FIB_MSG_CONFIG)
		return false;
	if (b->head.type == FIB_MSG_GROUP)
		return group_valid((const void *)b->packet, len);
	if (b->head.type == FIB_MSG_SWEEP || b->head.type == FIB_MSG_RULES_END ||
		b->head.type == FIB_MSG_LIST)
		return true;
	size_t size = element_size(b->head.type);
	return size && len == sizeof(b->head) + b->head.count * size;
}

static void take_element(struct fib *f, const void *e)
{
	switch (f->bulk.head.type) {
	case FIB_MSG_TABLE:
		take_table(f, e);
		break;
	case FIB_MSG_GATEWAY:
		take_gateway(f, e);
		break;
	case FIB_MSG_GATEWAY_FREE:
		ledger_gateway_free(&f->ledger, ((const struct fib_handle *)e)->handle, &f->kops);
		break;
	case FIB_MSG_HOLD:
		ledger_hold(&f->ledger, e, &f->kops);
		break;
	case FIB_MSG_RELEASE:
		ledger_release(&f->ledger, e);
		break;
	case FIB_MSG_FORGET:
		ledger_forget(&f->ledger, ((const struct fib_handle *)e)->handle);
		break;
	case FIB_MSG_GROUP_FREE:
		ledger_group_free(&f->ledger, ((const struct fib_handle *)e)->handle, &f->kops);
		break;
	case FIB_MSG_RULE:
		rules_take(f, e);
		break;
	case FIB_MSG_UNNUMBERED:
		unnumbered_take(f, e);
		break;
	case FIB_MSG_RESOLVE:
		resolve_take(f, e);
		break;
	case FIB_MSG_NEIGHBOR:
		neighbors_take(f, e);
		break;
	default: /* packet_valid() let nothing else through */
		break;
	}
}

/* All of these structs hold 32-bit words at most and begin at multiples of 4 in the packet. */
static void take_elements(struct fib *f)
{
	struct bulk *b = &f->bulk;
	size_t size = element_size(b->head.type);
	const uint8_t *first = b->packet + sizeof(b->head) + b->at * size;
	/* routes with many next hops are long */
	size_t slice = f->config.multipath ? FIB_SLICE_N / 2 : FIB_SLICE_N;
	size_t n = b->head.count - b->at;
	if (n > slice)
		n = slice;
	if (b->head.type == FIB_MSG_ROUTES) {
		take_routes(f, first, n);
		b->at += n;
		return;
	}
	for (size_t i = 0; i < n && !sweep_busy(&f->sweep); i++, b->at++)
		take_element(f, first + i * size);
	fib_apply_losses(f);
}

static void take_single(struct fib *f)
{
	struct bulk *b = &f->bulk;
	if (b->head.type == FIB_MSG_CONFIG)
		take_config(f, (const void *)b->packet);
	else if (b->head.type == FIB_MSG_GROUP)
		take_group(f, (const void *)b->packet);
	else if (b->head.type == FIB_MSG_RULES_END)
		rules_end(f);
	else if (b->head.type == FIB_MSG_LIST)
		compare_list(f);
	else
		sweep_begin_old(f);
	fib_apply(f);
	b->at = b->head.count;
}

static bool read_packet(struct fib *f)
{
	struct bulk *b = &f->bulk;
	ssize_t n = chan_recv(f->bulk_fd, b->packet, sizeof(b->packet));
	if (n == -EAGAIN)
		return false;
	if (n <= 0) {
		log_err("bulk-channel-closed error=%d, all routes stay", (int)-n);
		f->ended = true;
		f->exit_code = 1;
		return false;
	}
	b->at = 0;
	b->head = (struct chan_head){0};
	memcpy(&b->head, b->packet, (size_t)n < sizeof(b->head) ? (size_t)n : sizeof(b->head));
	b->busy = packet_valid(f, (size_t)n);
	if (b->busy)
		return true;
	log_err("packet-refused version=%u type=%u count=%u len=%zd", b->head.version, b->head.type,
		b->head.count, n);
	f->ended = true;
	f->exit_code = 1;
	return false;
}

static bool is_single(uint8_t type)
{
	return type == FIB_MSG_CONFIG || type == FIB_MSG_GROUP || type == FIB_MSG_SWEEP ||
	       type == FIB_MSG_RULES_END || type == FIB_MSG_LIST;
}

bool fib_bulk_step(struct fib *f)
{
	struct bulk *b = &f->bulk;
	if (!b->busy && !read_packet(f))
		return false;
	if (sweep_busy(&f->sweep))
		sweep_step(f);
	else if (b->at >= b->head.count)
		; /* LIST: compare_step() goes on until all is told */
	else if (is_single(b->head.type))
		take_single(f);
	else
		take_elements(f);
	if (b->at >= b->head.count && !sweep_busy(&f->sweep) && !compare_lists(&f->compares)) {
		b->busy = false;
		f->out.done++;
	}
	return true;
}
