#include "bgpd-lite/ctl/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/ctl/what_if.h"
#include "bgpd-lite/plan.h"
#include "lib/clock.h"

static const char *const reload_parameters[] = {"reset", "confirm_s", NULL};
static const char *const contribute_parameters[] = {"name", "text", NULL};
static const char *const rollback_parameters[] = {"back", "reset", NULL};
static const char *const back_parameters[] = {"back", NULL};
static const char *const entry_arrays[] = {"entries", NULL};
static const char *const no_parameters[] = {NULL};
static const char *const neighbor_parameters[] = {"neighbor", NULL};
static const char *const route_parameters[] = {"prefix", "span", "vrf", "neighbor", "state", NULL};
static const char *const explain_parameters[] = {"prefix", "vrf", NULL};
static const char *const explain_arrays[] = {"explanations", NULL};
static const char *const name_parameters[] = {"name", NULL};
static const char *const event_parameters[] = {"last", "since_ms", NULL};
static const char *const monitor_parameters[] = {"last", NULL};
static const char *const what_if_parameters[] = {"down", NULL};
static const char *const clear_parameters[] = {"neighbor", "soft", NULL};
static const char *const shutdown_parameters[] = {"neighbor", "message", NULL};
static const char *const flush_parameters[] = {"vrf", "yes", NULL};
static const char *const vrf_parameters[] = {"vrf", NULL};
static const char *const drain_parameters[] = {"message", NULL};
static const char *const vrf_arrays[] = {"vrfs", NULL};
static const char *const interface_arrays[] = {"interfaces", NULL};
static const char *const contributor_arrays[] = {"contributors", NULL};
static const char *const filter_arrays[] = {"filters", NULL};
static const char *const event_arrays[] = {"events", NULL};
static const char *const config_arrays[] = {"lines", NULL};
static const char *const interface_parameters[] = {"interface", NULL};
static const char *const neighbor_arrays[] = {"neighbors", NULL};
static const char *const route_arrays[] = {"routes", NULL};
static const char *const bfd_arrays[] = {"sessions", NULL};
static const char *const announcement_arrays[] = {"announcements", NULL};
static const char *const nexthop_arrays[] = {"gateways", "next_hops", "groups", NULL};

const struct method methods[] = {
	{.name = "io.bgpd-lite.Status", .parameters = no_parameters, .start = status_start},
	{.name = "io.bgpd-lite.ShowNeighbors",
		.parameters = neighbor_parameters,
		.arrays = neighbor_arrays,
		.start = neighbors_start,
		.step = neighbors_step},
	{.name = "io.bgpd-lite.ShowRoutes",
		.parameters = route_parameters,
		.arrays = route_arrays,
		.needs_more = true,
		.start = routes_start,
		.step = routes_step},
	{.name = "io.bgpd-lite.Explain",
		.parameters = explain_parameters,
		.arrays = explain_arrays,
		.start = explain_start,
		.step = explain_step},
	{.name = "io.bgpd-lite.ShowBfd",
		.parameters = neighbor_parameters,
		.arrays = bfd_arrays,
		.start = bfd_start,
		.step = bfd_step},
	{.name = "io.bgpd-lite.ShowNexthops",
		.parameters = no_parameters,
		.arrays = nexthop_arrays,
		.start = nexthops_start,
		.step = nexthops_step},
	{.name = "io.bgpd-lite.ShowVrfs",
		.parameters = no_parameters,
		.arrays = vrf_arrays,
		.start = list_start,
		.step = vrfs_step},
	{.name = "io.bgpd-lite.ShowInterfaces",
		.parameters = no_parameters,
		.arrays = interface_arrays,
		.start = list_start,
		.step = interfaces_step},
	{.name = "io.bgpd-lite.ShowContributors",
		.parameters = no_parameters,
		.arrays = contributor_arrays,
		.start = list_start,
		.step = contributors_step},
	{.name = "io.bgpd-lite.ShowFilters",
		.parameters = name_parameters,
		.arrays = filter_arrays,
		.start = filters_start,
		.step = filters_step},
	{.name = "io.bgpd-lite.ShowEvents",
		.parameters = event_parameters,
		.arrays = event_arrays,
		.start = events_start,
		.step = events_step},
	{.name = "io.bgpd-lite.Monitor",
		.parameters = monitor_parameters,
		.arrays = event_arrays,
		.needs_more = true,
		.start = monitor_start,
		.step = monitor_step},
	{.name = "io.bgpd-lite.WhatIf",
		.parameters = what_if_parameters,
		.start = what_if_start,
		.step = what_if_step},
	{.name = "io.bgpd-lite.ShowMemory", .parameters = no_parameters, .start = memory_start},
	{.name = "io.bgpd-lite.ShowConfig",
		.parameters = no_parameters,
		.arrays = config_arrays,
		.start = config_start,
		.step = config_step},
	{.name = "io.bgpd-lite.ClearNeighbor",
		.parameters = clear_parameters,
		.privileged = true,
		.start = clear_start},
	{.name = "io.bgpd-lite.ShutdownNeighbor",
		.parameters = shutdown_parameters,
		.privileged = true,
		.start = shutdown_start},
	{.name = "io.bgpd-lite.EnableNeighbor",
		.parameters = neighbor_parameters,
		.privileged = true,
		.start = enable_start},
	{.name = "io.bgpd-lite.Drain",
		.parameters = drain_parameters,
		.privileged = true,
		.start = drain_start},
	{.name = "io.bgpd-lite.Undrain",
		.parameters = no_parameters,
		.privileged = true,
		.start = undrain_start},
	{.name = "io.bgpd-lite.ShowAnnouncements",
		.parameters = no_parameters,
		.arrays = announcement_arrays,
		.start = announcements_start,
		.step = announcements_step},
	{.name = "io.bgpd-lite.Reload",
		.parameters = reload_parameters,
		.privileged = true,
		.start = reload_start},
	{.name = "io.bgpd-lite.Contribute",
		.parameters = contribute_parameters,
		.privileged = true,
		.start = contribute_start},
	{.name = "io.bgpd-lite.RemoveContribution",
		.parameters = name_parameters,
		.privileged = true,
		.start = remove_contribution_start},
	{.name = "io.bgpd-lite.DisableContributor",
		.parameters = name_parameters,
		.privileged = true,
		.start = disable_contributor_start},
	{.name = "io.bgpd-lite.EnableContributor",
		.parameters = name_parameters,
		.privileged = true,
		.start = enable_contributor_start},
	{.name = "io.bgpd-lite.Confirm",
		.parameters = no_parameters,
		.privileged = true,
		.start = confirm_start},
	{.name = "io.bgpd-lite.Rollback",
		.parameters = rollback_parameters,
		.privileged = true,
		.start = rollback_start},
	{.name = "io.bgpd-lite.ShowHistory",
		.parameters = no_parameters,
		.arrays = entry_arrays,
		.start = list_start,
		.step = history_step},
	{.name = "io.bgpd-lite.ShowConfigDiff",
		.parameters = back_parameters,
		.arrays = config_arrays,
		.start = config_diff_start,
		.step = config_step},
	{.name = "io.bgpd-lite.Plan",
		.parameters = no_parameters,
		.texts = "files",
		.start = plan_start,
		.step = plan_step},
	{.name = "io.bgpd-lite.ReturnRules",
		.parameters = no_parameters,
		.start = return_rules_start},
	{.name = "io.bgpd-lite.Flush",
		.parameters = no_parameters,
		.privileged = true,
		.start = flush_start},
	{.name = "io.bgpd-lite.FlushVrf",
		.parameters = flush_parameters,
		.privileged = true,
		.start = flush_vrf_start},
	{.name = "io.bgpd-lite.RestoreVrf",
		.parameters = vrf_parameters,
		.privileged = true,
		.start = restore_vrf_start},
	{.name = "org.varlink.service.GetInfo",
		.parameters = no_parameters,
		.start = service_info_start},
	{.name = "org.varlink.service.GetInterfaceDescription",
		.parameters = interface_parameters,
		.start = service_description_start},
	{0},
};

static void answer(struct call *c, json_t *reply)
{
	static const char too_large[] = "{\"error\":\"io.bgpd-lite.TooLarge\",\"parameters\":{}}";
	struct text t = {0};

	batch_dump(&t, reply);
	json_decref(reply);
	c->answered = true;
	if (t.len > CALL_REPLY_MAX) {
		t.len = 0;
		text_adds(&t, too_large);
	}
	if (t.err)
		c->out->err = true;
	else if (!c->request.oneway)
		text_add(c->out, t.s, t.len + 1);
	text_free(&t);
}

void call_reply(struct call *c, json_t *parameters)
{
	json_t *reply = json_object();
	json_object_set_new(reply, "parameters", parameters);
	answer(c, reply);
}

void call_error(struct call *c, const char *error, json_t *parameters)
{
	json_t *reply = json_object();
	put_text(reply, "error", error);
	json_object_set_new(reply, "parameters", parameters ? parameters : json_object());
	answer(c, reply);
}

static void named_error(struct call *c, const char *error, const char *key, const char *value)
{
	json_t *o = json_object();
	put_text(o, key, value);
	call_error(c, error, o);
}

void call_bad_parameter(struct call *c, const char *parameter, const char *reason)
{
	json_t *o = json_object();
	put_text(o, "parameter", parameter);
	put_text(o, "reason", reason);
	call_error(c, "org.varlink.service.InvalidParameter", o);
}

void call_not_found(struct call *c, const char *what, const char *name)
{
	json_t *o = json_object();
	put_text(o, "what", what);
	put_text(o, "name", name);
	call_error(c, "io.bgpd-lite.NotFound", o);
}

bool call_find_vrf(struct call *c, const char *name, uint16_t *out)
{
	const struct vrf_slot *vrfs = c->d->vrfs;
	json_t *o = json_object(), *known = json_array();

	put_text(o, "what", "vrf");
	put_text(o, "name", name);
	json_object_set_new(o, "known", known);
	for (size_t i = 0; i < RIB_VRFS_MAX; i++) {
		if (vrfs[i].name[0] && strcmp(vrfs[i].name, name) == 0) {
			json_decref(o);
			*out = (uint16_t)i;
			return true;
		}
		if (vrfs[i].name[0])
			json_array_append_new(known, json_string(vrfs[i].name));
	}
	call_error(c, "io.bgpd-lite.NotFound", o);
	return false;
}

static const struct method *find_method(const char *name)
{
	for (const struct method *m = methods; m->name; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

static void unknown_method(struct call *c)
{
	const struct request *r = &c->request;
	size_t len = request_interface_len(r);

	for (const struct method *m = methods; m->name; m++)
		if (strncmp(m->name, r->method, len + 1) == 0 && len > 0 &&
			strrchr(m->name, '.') == m->name + len) {
			named_error(c, "org.varlink.service.MethodNotFound", "method", r->method);
			return;
		}
	json_t *o = json_object();
	json_object_set_new(o, "interface", json_stringn(r->method, len));
	call_error(c, "org.varlink.service.InterfaceNotFound", o);
}

/* Everything that can be refused before the method looks at it. */
static void start_method(struct call *c, const struct method *m)
{
	const struct request *r = &c->request;
	const char *bad = request_bad_parameter(r, m->parameters, m->texts);

	if (bad)
		call_bad_parameter(c, bad, "no parameter of this method, or not a string");
	else if (r->upgrade)
		named_error(c, "org.varlink.service.MethodNotImplemented", "method", r->method);
	else if (m->privileged && !c->privileged)
		call_error(c, "org.varlink.service.PermissionDenied", NULL);
	else if (m->needs_more && !r->more)
		call_error(c, "org.varlink.service.ExpectedMore", NULL);
	else if (m->step && r->oneway)
		c->answered = true;
	else
		m->start(c);
}

void call_begin(struct call *c, struct request *r)
{
	const struct method *m = find_method(r->method);

	c->request = *r;
	c->method = m ? m : methods;
	c->answered = false;
	c->index = 0;
	c->only_name[0] = 0;
	if (m && m->arrays)
		batch_init(&c->batch, m->arrays);
	if (m)
		start_method(c, m);
	else
		unknown_method(c);
}

void call_end(struct call *c)
{
	if (!c->method)
		return;
	monitor_end(c);
	request_free(&c->request);
	batch_free(&c->batch);
	json_decref(c->gateway_items);
	json_decref(c->next_hop_items);
	c->gateway_items = c->next_hop_items = NULL;
	filter_count_free(&c->filters);
	rib_ordered_free(c->routes.walk);
	c->routes.walk = NULL;
	free(c->routes.speaker);
	c->routes.speaker = NULL;
	free(c->config);
	c->config = NULL;
	what_if_free(c->what_if);
	c->what_if = NULL;
	plan_free(c->plan);
	c->plan = NULL;
	free(c->gateways);
	free(c->groups);
	c->gateways = NULL;
	c->groups = NULL;
	c->method = NULL;
}

static enum call_progress done(struct call *c)
{
	call_end(c);
	return CALL_DONE;
}

static bool batch_full(const struct call *c)
{
	return c->batch.items >= CALL_BATCH_ITEMS || c->batch.body.len >= CALL_BATCH_LEN;
}

enum call_progress call_run(struct call *c)
{
	uint64_t start_us = clock_ns() / 1000;
	enum call_progress p;

	if (c->answered)
		return done(c);
	do {
		p = c->method->step(c);
		if (c->answered)
			return done(c);
		if (!c->request.more && c->batch.body.len > CALL_REPLY_MAX) {
			call_error(c, "org.varlink.service.ExpectedMore", NULL);
			return done(c);
		}
	} while (p == CALL_MORE && !(c->request.more && batch_full(c)) &&
		 clock_ns() / 1000 - start_us < CALL_SLICE_US);
	if (p == CALL_DONE) {
		batch_flush(&c->batch, false, c->out);
		return done(c);
	}
	if (c->request.more && c->batch.items > 0)
		batch_flush(&c->batch, true, c->out);
	return p;
}

bool call_number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n > max)
		return false;
	*out = n;
	return true;
}

struct neighbor *call_find_neighbor(struct daemon *d, const char *name)
{
	struct neighbor *n = neighbor_by_name(d, name), *only = NULL;
	struct addr a;

	if (n || !addr_parse(name, &a))
		return n;
	for (size_t i = 0; i < d->neighbors_n; i++) {
		if (!addr_equal(d->neighbors[i]->address, a))
			continue;
		if (only)
			return NULL;
		only = d->neighbors[i];
	}
	return only;
}
