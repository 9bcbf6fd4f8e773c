/* ShowFilters: the prefix lists with how many paths each rule decides now. A walk of the RIB counts
 * them, so the path of an UPDATE does not pay for it. */
#include "bgpd-lite/ctl/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/put.h"

enum {
	FILTERS_A_STEP = 64, /* prefixes */
};

/* Which of conf->lists the verdict is of, or -1. */
static long list_of(const struct conf *c, const struct filter_verdict *v)
{
	for (size_t i = 0; i < c->lists_n; i++)
		if (strcmp(c->lists[i].name, v->list) == 0 &&
			strcmp(c->lists[i].origin.file, v->file) == 0)
			return (long)i;
	return -1;
}

/* Several rules of one line are one key with several values: its first rule that matches counts. */
static void count(struct filter_count *f, const struct filter_verdict *v, const struct prefix *p)
{
	long list = v->list ? list_of(f->conf, v) : -1;
	if (list < 0)
		return;
	const struct conf_prefix_list *l = &f->conf->lists[list];
	for (size_t i = 0; i < l->rules_n; i++) {
		const struct conf_prefix_rule *r = &l->rules[i];
		if (r->origin.line != v->line || p->len < r->ge || p->len > r->le ||
			r->prefix.addr.family != p->addr.family ||
			!prefix_has_addr(r->prefix, p->addr))
			continue;
		f->paths[f->first[list] + i]++;
		return;
	}
}

static void visit(void *arg, const struct rib_route_view *v)
{
	struct call *c = arg;

	for (size_t i = 0; i < v->paths_n; i++) {
		struct rib_path_reason why;
		rib_path_explain(c->d->rib, v, i, &why);
		if (why.has_import)
			count(&c->filters, &why.import, &v->prefix);
		if (why.has_deny)
			count(&c->filters, &why.deny, &v->prefix);
		if (why.has_ceiling)
			count(&c->filters, &why.ceiling, &v->prefix);
	}
}

void filter_count_free(struct filter_count *f)
{
	free(f->first);
	free(f->paths);
	*f = (struct filter_count){0};
}

/* For the configuration of now; the walk begins anew. */
static bool begin(struct call *c)
{
	struct filter_count *f = &c->filters;
	size_t rules = 0;

	filter_count_free(f);
	c->routes = (struct route_query){.vrf = RIB_NO_VRF};
	f->conf = c->d->conf;
	f->reload_ns = c->d->reload.at_realtime_ns;
	f->first = calloc(f->conf->lists_n + 1, sizeof(*f->first));
	for (size_t i = 0; f->first && i < f->conf->lists_n; i++) {
		f->first[i] = rules;
		rules += f->conf->lists[i].rules_n;
	}
	f->paths = calloc(rules + 1, sizeof(*f->paths));
	return f->first && f->paths;
}

void filters_start(struct call *c)
{
	const char *name = request_text(&c->request, "name");
	bool there = !name;

	for (size_t i = 0; i < c->d->conf->lists_n && !there; i++)
		there = strcmp(c->d->conf->lists[i].name, name) == 0;
	if (!there) {
		call_not_found(c, "filter", name);
		return;
	}
	snprintf(c->only_name, sizeof(c->only_name), "%s", name ? name : "");
	if (begin(c))
		return;
	c->out->err = true;
	c->answered = true;
}

static json_t *view_rule(const struct conf_prefix_rule *r, uint64_t paths)
{
	char prefix[PREFIX_TEXT_MAX], text[PREFIX_TEXT_MAX + 24];
	json_t *o = json_object();

	prefix_text(r->prefix, prefix);
	if (r->ge == r->prefix.len && r->le == r->prefix.len)
		snprintf(text, sizeof(text), "%s", prefix);
	else
		snprintf(text, sizeof(text), "%s ge %u le %u", prefix, r->ge, r->le);
	put_text(o, "prefix", text);
	put_bool(o, "permit", r->permit);
	put_origin(o, "origin", r->origin);
	put_number(o, "paths", paths);
	return o;
}

static bool policy_has(const struct conf_policy *policy, const struct conf_prefix_list *l)
{
	for (size_t i = 0; policy && i < policy->lists_n; i++)
		if (policy->lists[i] == l)
			return true;
	return false;
}

/* By itself, or as what a policy of it matches. */
static bool chain_has(const struct conf_chain *c, const struct conf_prefix_list *l)
{
	for (size_t i = 0; i < c->steps_n; i++)
		if (c->steps[i].list == l || policy_has(c->steps[i].policy, l))
			return true;
	return false;
}

static void add_deny(json_t *list, const char *what, const struct conf_lists *lists,
	const struct conf_prefix_list *l)
{
	for (size_t i = 0; i < lists->n; i++)
		if (lists->list[i] == l)
			json_array_append_new(list, json_sprintf("deny-import of %s", what));
}

static json_t *view_users(const struct conf *c, const struct conf_prefix_list *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->neighbors_n; i++)
		for (size_t k = 0; k < c->neighbors[i].imports_n; k++)
			if (chain_has(&c->neighbors[i].imports[k], l))
				json_array_append_new(list, json_string(c->neighbors[i].name));
	for (size_t i = 0; i < c->interfaces_n; i++)
		if (chain_has(&c->interfaces[i].import, l))
			json_array_append_new(
				list, json_sprintf("interface %s", c->interfaces[i].name));
	add_deny(list, "bgp", &c->bgp.deny_import, l);
	for (size_t i = 0; i < c->vrfs_n; i++) {
		char what[80];
		snprintf(what, sizeof(what), "vrf %s", c->vrfs[i].name);
		add_deny(list, what, &c->vrfs[i].deny_import, l);
	}
	return list;
}

static json_t *view_filter(const struct filter_count *f, size_t i)
{
	const struct conf_prefix_list *l = &f->conf->lists[i];
	json_t *o = json_object();
	json_t *rules = json_array();

	for (size_t k = 0; k < l->rules_n; k++)
		json_array_append_new(rules, view_rule(&l->rules[k], f->paths[f->first[i] + k]));
	put_text(o, "name", l->name);
	put_text(o, "contributor", l->contributor);
	put_origin(o, "origin", l->origin);
	json_object_set_new(o, "used_by", view_users(f->conf, l));
	json_object_set_new(o, "rules", rules);
	return o;
}

enum call_progress filters_step(struct call *c)
{
	struct filter_count *f = &c->filters;
	bool changed = f->conf != c->d->conf || f->reload_ns != c->d->reload.at_realtime_ns;

	if (changed && !begin(c)) {
		c->out->err = true;
		return CALL_DONE;
	}
	if (changed)
		c->index = 0;
	if (!f->counted) {
		f->counted = !rib_walk(
			c->d->rib, RIB_NO_VRF, &c->routes.cursor, FILTERS_A_STEP, visit, c);
		return CALL_MORE;
	}
	if (c->index >= f->conf->lists_n)
		return CALL_DONE;
	size_t i = c->index++;
	if (!c->only_name[0] || strcmp(c->only_name, f->conf->lists[i].name) == 0)
		batch_add(&c->batch, 0, view_filter(f, i));
	return CALL_MORE;
}
