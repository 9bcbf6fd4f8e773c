/* What the kernel tells by itself: links, addresses, nexthop objects; and the audit against it. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/audit.h"
#include "rib/fib/fib.h"

enum {
	EVENTS_A_ROUND = 256, /* datagrams, before the urgent channels are looked at again */
};

static bool link_works(const struct fib_link *l)
{
	return (l->flags & (FIB_LINK_UP | FIB_LINK_CARRIER)) == (FIB_LINK_UP | FIB_LINK_CARRIER);
}

static const char *link_trouble(const struct fib_link *l)
{
	if (l->flags & FIB_LINK_GONE)
		return "deleted";
	return l->flags & FIB_LINK_UP ? "lost its carrier" : "is down";
}

static void tell_lost(struct fib *f, const struct gateway *g)
{
	const struct fib_link *l = hostview_find_link(&f->view, g->ifindex);
	char text[64] = "not in the kernel any more", addr[ADDR_TEXT_MAX];

	if (l && !link_works(l))
		snprintf(text, sizeof(text), "link %s %s", l->name, link_trouble(l));
	else if (f->audit_deleted)
		snprintf(text, sizeof(text), "deleted by another program");
	log_warn("gateway-lost gateway=%u address=%s ifindex=%u reason=\"%s\"", g->handle,
		addr_text(g->addr, addr), g->ifindex, text);
	outbox_gateway_lost(&f->out, g->handle, 0, text);
}

void fib_apply_losses(struct fib *f)
{
	struct gateway *g;

	fib_apply(f);
	for (size_t at = 0; f->ledger.untold && (g = handles_next(&f->ledger.gateways, &at));) {
		if (!g->untold)
			continue;
		tell_lost(f, g);
		if (f->audit_deleted)
			drift_nexthop(f);
		g->untold = false;
		g->told = true;
	}
	f->ledger.untold = false;
}

/* The kernel deletes the nexthop objects of a link that goes down, silently. */
static void link_changed(struct fib *f, const struct fib_link *l)
{
	struct gateway *g;

	for (size_t at = 0; (g = handles_next(&f->ledger.gateways, &at));) {
		if (g->ifindex != l->ifindex || !g->alive)
			continue;
		if (link_works(l)) {
			f->audit_due = true;
			return;
		}
		ledger_gateway_taken(&f->ledger, g, true);
	}
}

static void take_link(struct fib *f, struct nlmsghdr *m)
{
	struct fib_link l;
	if (!nlread_link(m, &l))
		return;
	hostview_link(&f->view, &l);
	link_changed(f, &l);
	resolve_all(f);
}

static void take_address(struct fib *f, struct nlmsghdr *m)
{
	struct fib_address a;
	if (nlread_address(m, &a))
		hostview_address(&f->view, &a);
	resolve_all(f);
}

/* Someone else touched an object: only a hint, the audit finds out. */
static void take_nexthop(struct fib *f, struct nlmsghdr *m)
{
	struct nlread_nexthop o;
	if (m->nlmsg_pid == f->kernel.pid || !nlread_nexthop(m, &o) ||
		!ledger_id_known(&f->ledger, o.id))
		return;
	f->audit_due = true;
	/* What the kernel takes with a link has no sender. */
	f->audit_deleted |= m->nlmsg_type == RTM_DELNEXTHOP && m->nlmsg_pid != 0;
}

static void take_message(void *ctx, struct nlmsghdr *m)
{
	struct fib *f = ctx;
	switch (m->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		take_link(f, m);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		take_address(f, m);
		break;
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		take_nexthop(f, m);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		drift_event(f, m);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		rules_event(f, m);
		resolve_all(f);
		break;
	default: /* types of the kernel, not an enum of ours */
		break;
	}
}

static int dump_host(struct fib *f)
{
	hostview_dump_begin(&f->view);
	kernel_add(&f->kernel, nlbuild_dump_links(kernel_next(&f->kernel)));
	int error = kernel_dump(&f->kernel, NULL, take_message, f);
	if (error)
		return error;
	kernel_add(&f->kernel, nlbuild_dump_addresses(kernel_next(&f->kernel)));
	error = kernel_dump(&f->kernel, NULL, take_message, f);
	if (!error)
		hostview_dump_end(&f->view);
	return error;
}

/* A dump that fails (links change while it runs) is tried again by the loop, as an overrun. */
static int read_host(struct fib *f)
{
	int error = dump_host(f);
	f->overrun = error != 0;
	f->out.sync_due |= !error && !f->synced;
	f->synced |= !error;
	return error;
}

void fib_read_host(struct fib *f)
{
	int error = read_host(f);
	if (error)
		log_warn("links-unavailable error=\"%s\"", strerror(-error));
}

/* A link that a dump did not mention is gone, and its gateways with it: the audit sees to them. */
static void resync(struct fib *f)
{
	static const struct chan_head resynced = {FIB_CHANNEL_VERSION, FIB_MSG_RESYNCED, 1};
	int error = read_host(f);
	f->audit_due = true;
	outbox_put(&f->out, &resynced, sizeof(resynced));
	compare_now(f);
	log_warn("notifications-lost links=%zu addresses=%zu resync=%s", f->view.link_n,
		f->view.address_n, error ? "failed" : "done");
}

static void audit_take_object(void *ctx, struct nlmsghdr *m)
{
	struct fib *f = ctx;
	struct nlread_nexthop o;
	if (nlread_nexthop(m, &o) && o.protocol == f->config.nexthop_protocol)
		audit_object(&f->ledger, &o, &f->kops);
}

static void audit_restart(void *ctx)
{
	struct fib *f = ctx;
	kops_clear(&f->kops);
	audit_begin(&f->ledger);
}

static void audit_objects(struct fib *f)
{
	kernel_add(&f->kernel, nlbuild_dump_nexthops(kernel_next(&f->kernel)));
	int error = kernel_dump(&f->kernel, audit_restart, audit_take_object, f);
	if (error) {
		log_warn("audit-failed error=\"%s\"", strerror(-error));
		f->audit_at_ms = clock_ms() + FIB_AUDIT_RETRY_MS;
		kops_clear(&f->kops);
		ledger_settle(&f->ledger, &f->kops);
	} else {
		for (uint32_t n = audit_end(&f->ledger, &f->kops, fib_group_flushed, f); n; n--)
			drift_nexthop(f);
	}
	fib_apply_losses(f);
}

/* Without objects there is nothing to compare, but links that went down unheard. */
static void audit_links(struct fib *f)
{
	struct gateway *g;

	for (size_t at = 0; (g = handles_next(&f->ledger.gateways, &at));) {
		const struct fib_link *l = hostview_find_link(&f->view, g->ifindex);
		if (g->alive && !(l && link_works(l)))
			ledger_gateway_taken(&f->ledger, g, false);
	}
	ledger_settle(&f->ledger, &f->kops);
	fib_apply_losses(f);
}

void fib_audit(struct fib *f)
{
	f->audit_due = false;
	f->audit_at_ms = clock_ms() + FIB_AUDIT_MS;
	if (!f->configured)
		return;
	f->in_audit = true;
	if (f->config.multipath)
		audit_links(f);
	else
		audit_objects(f);
	f->in_audit = false;
	f->audit_deleted = false;
	f->rules.due = true;
	for (size_t i = 0; i < f->tables.n; i++)
		if (f->tables.table[i].unreachable_default)
			fib_defaults_set(f, f->tables.table[i].table);
}

void fib_events_read(struct fib *f)
{
	for (int i = 0; i < EVENTS_A_ROUND; i++) {
		int n = kernel_read_events(&f->kernel, take_message, f);
		if (n == 0)
			break;
		f->overrun |= n == -ENOBUFS;
	}
	ledger_settle(&f->ledger, &f->kops);
	fib_apply_losses(f);
	if (f->overrun)
		resync(f);
	if (f->audit_due)
		fib_audit(f);
}
