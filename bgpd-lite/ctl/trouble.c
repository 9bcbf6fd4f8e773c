#include "bgpd-lite/ctl/trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bgpd-lite/configure.h"
#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/ctl/words.h"

/* A peer with another key drops our SYN without a word, as we drop its. */
static bool may_be_the_key(const struct neighbor *n, const struct session_info *i)
{
	return n->conf->password_file && (i->state == FSM_CONNECT || i->state == FSM_ACTIVE) &&
	       !strstr(i->last_down, "refused");
}

static const char *bfd_trouble(const struct neighbor *n, char out[160])
{
	bool up = n->bfd_told && n->bfd.state == BFD_STATE_UP;

	out[0] = 0;
	if (!n->bfd_id || up)
		return out;
	if (!n->bfd_told)
		snprintf(out, 160, "BFD has never been Up");
	else
		snprintf(out, 160, "BFD is %s (%s; the peer says %s)",
			words_bfd_state(n->bfd.state), words_bfd_diag(n->bfd.diag),
			words_bfd_state(n->bfd.remote_state));
	return out;
}

const char *trouble_of_neighbor(const struct neighbor *n, char out[TROUBLE_TEXT_MAX])
{
	struct session_info info = {0};
	char bfd[160];

	if (n->session)
		session_info(n->session, &info);
	bfd_trouble(n, bfd);
	if (info.state == FSM_ESTABLISHED)
		snprintf(out, TROUBLE_TEXT_MAX, "%s%s", bfd[0] ? "Established, but " : "", bfd);
	else if (n->admin_down)
		snprintf(out, TROUBLE_TEXT_MAX, "shutdown by an operator%s%s",
			n->admin_message[0] ? ": " : "", n->admin_message);
	else if (n->conf->shutdown)
		snprintf(out, TROUBLE_TEXT_MAX, "shutdown by the configuration");
	else if (neighbor_is_shutdown(n))
		snprintf(out, TROUBLE_TEXT_MAX, "this host is drained");
	else if (n->waiting[0])
		snprintf(out, TROUBLE_TEXT_MAX, "%s", n->waiting);
	else
		snprintf(out, TROUBLE_TEXT_MAX, "%s: %s%s%s%s", fsm_state_text(info.state),
			info.wait_reason,
			may_be_the_key(n, &info)
				? "; its TCP-MD5 key may differ: a key that does not match looks "
				  "like silence"
				: "",
			bfd[0] ? "; " : "", bfd);
	return out;
}

/* ---- of a VRF ---- */

void trouble_add_flushed(struct text *t, const struct vrf_slot *v)
{
	time_t at = (time_t)(v->flushed_realtime_ns / 1000000000);
	char when[32];
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	text_addf(t,
		"were withdrawn by an operator at %s and are held back until: bgpd-litectl flush "
		"vrf %s --undo",
		when, v->name);
}

/* ---- of the daemon ---- */

struct troubles {
	json_t *list;
	size_t left_out;
};

static void add(struct troubles *t, bool critical, const char *subject, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void add(struct troubles *t, bool critical, const char *subject, const char *format, ...)
{
	char text[TROUBLE_TEXT_MAX + 64];
	va_list ap;

	if (json_array_size(t->list) >= TROUBLES_MAX) {
		t->left_out++;
		return;
	}
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	json_t *o = json_object();
	put_text(o, "severity", critical ? "critical" : "warning");
	put_text(o, "subject", subject);
	put_text(o, "text", text);
	json_array_append_new(t->list, o);
}

static size_t established_n(const struct daemon *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->neighbors_n; i++)
		n += neighbor_is_up(d->neighbors[i]);
	return n;
}

static void add_flushed(struct troubles *t, const struct daemon *d)
{
	for (size_t i = 0; i < RIB_VRFS_MAX; i++) {
		struct text text = {0};
		if (!d->vrfs[i].flushed_realtime_ns)
			continue;
		trouble_add_flushed(&text, &d->vrfs[i]);
		add(t, false, d->vrfs[i].name, "its routes %s", text.s ? text.s : "");
		text_free(&text);
	}
}

static void add_memory(struct troubles *t, const struct daemon *d)
{
	for (int kind = 0; kind < BUDGET_KINDS; kind++) {
		struct ration_bound b = budget_bound(d, (enum budget_kind)kind);
		if (ration_level(&b) != RATION_FREE)
			add(t, false, "memory",
				"%.1f of %.1f MiB used (%s): neighbours whose routes grow are "
				"refused",
				(double)b.used / (1 << 20), (double)b.limit / (1 << 20),
				budget_name((enum budget_kind)kind));
	}
}

static void add_daemon(struct troubles *t, const struct daemon *d)
{
	struct rib_counts counts = {0};

	rib_count(d->rib, &counts);
	if (d->stop != DAEMON_RUNS)
		add(t, true, "daemon", "it is stopping");
	if (d->drain.state != DRAIN_NONE)
		add(t, false, "daemon",
			"this host is drained by an operator; bgpd-litectl undrain");
	if (!d->fibc.synced)
		add(t, true, "fib", "links and addresses of this host are not known yet");
	if (d->neighbors_n && established_n(d) == 0 && d->drain.state != DRAIN_CLOSED)
		add(t, true, "sessions", "none of %zu is Established", d->neighbors_n);
	add_flushed(t, d);
	add_memory(t, d);
	if (counts.failed)
		add(t, false, "routes",
			"the kernel refused %llu; see bgpd-litectl show routes failed",
			(unsigned long long)counts.failed);
	if (counts.unresolved)
		add(t, false, "next hops",
			"%llu %s one that is not resolved; see bgpd-litectl show nexthops",
			(unsigned long long)counts.unresolved,
			counts.unresolved == 1 ? "path has" : "paths have");
}

static void add_neighbors(struct troubles *t, const struct daemon *d)
{
	char text[TROUBLE_TEXT_MAX];

	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *n = d->neighbors[i];
		if (trouble_of_neighbor(n, text)[0])
			add(t, false, n->conf->name, "%s", text);
		else if (n->conf->imports_n == 0 && !n->import)
			add(t, false, n->conf->name,
				"it has no import: nothing that it sends is used");
	}
}

static void add_gateways(struct troubles *t, const struct daemon *d)
{
	struct rib_gateway_view down[TROUBLES_MAX];
	size_t n = rib_next_hops_down(d->rib, down, TROUBLES_MAX);

	for (size_t i = 0; i < n; i++) {
		char address[ADDR_TEXT_MAX];
		add(t, false, addr_text(down[i].addr, address), "gateway not usable: %s",
			down[i].reason);
	}
}

static void add_rules(struct troubles *t, const struct daemon *d)
{
	const struct rules_told *r = &d->rules;

	if (r->state.present < r->rule_n)
		add(t, false, "rules", "%zu of %zu are not in the kernel%s%s",
			r->rule_n - r->state.present, r->rule_n, r->state.error ? ": " : "",
			r->state.error ? r->state.text : "");
}

static void add_configuration(struct troubles *t, const struct daemon *d)
{
	for (size_t i = 0; i < d->conf->contributors_n; i++) {
		const struct conf_contributor *c = &d->conf->contributors[i];
		if (c->quarantined)
			add(t, false, c->name, "contributor in quarantine; %s",
				c->last_good ? "its last good text is in force"
					     : "nothing of it is in force");
		for (size_t k = 0; k < c->aside_n; k++)
			add(t, false, c->name, "%s in quarantine; %s", c->aside[k].section,
				c->aside[k].last_good ? "its last good text is in force"
						      : "nothing of it is in force");
	}
	if (configure_confirm_left_s(d))
		add(t, false, "configuration", "undone in %u s unless it is confirmed",
			configure_confirm_left_s(d));
	if (d->held)
		add(t, false, "configuration",
			"held by a roll back; the files are read at the next reload");
	if (d->reload.at_realtime_ns && !d->reload.ok)
		add(t, false, "reload", "the last one had errors; see bgpd-litectl status");
	for (size_t i = 0; i < RIB_VRFS_MAX; i++)
		if (d->vrfs[i].name[0] && !rib_vrf_table(d->rib, (uint16_t)i))
			add(t, false, d->vrfs[i].name, "VRF without a table: no device %s",
				d->vrfs[i].set.device);
}

void trouble_put(json_t *o, const struct daemon *d)
{
	struct troubles t = {.list = json_array()};

	add_daemon(&t, d);
	add_configuration(&t, d);
	add_gateways(&t, d);
	add_rules(&t, d);
	add_neighbors(&t, d);
	json_object_set_new(o, "problems", t.list);
	put_number(o, "problems_left_out", t.left_out);
}
