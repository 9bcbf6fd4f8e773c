/* `doctor`: rules of routing policy that should be there. */
#include "bgpd-lite/ctl/doctor.h"

#include <linux/fib_rules.h>
#include <stdio.h>
#include <string.h>

#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/kernel_flow.h"
#include "bgpd-lite/ctl/text.h"

/* The kernel's, of one family. */
struct ruleset {
	struct kernel_rule rule[KERNEL_RULES_MAX];
	int n; /* or -errno */
};

static struct prefix prefix_of(const json_t *rule, const char *key)
{
	struct prefix p = {0};
	bool host_bits;

	prefix_parse(get_text(rule, key), &p, &host_bits);
	return p;
}

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && (a->len == 0 || prefix_equal(*a, *b));
}

/* Is that one of Status there? A table 0 stands for a rule that refuses. */
static bool is_there(const struct ruleset *have, const json_t *wanted)
{
	struct prefix from = prefix_of(wanted, "from"), to = prefix_of(wanted, "to");
	uint32_t table = (uint32_t)get_number(wanted, "table"), mark = 0, mask = 0;

	sscanf(get_text(wanted, "fwmark"), "%x/%x", &mark, &mask);
	for (int i = 0; i < have->n; i++) {
		const struct kernel_rule *r = &have->rule[i];
		bool leads = table ? r->action == FR_ACT_TO_TBL && r->table == table
				   : r->action == FR_ACT_UNREACHABLE;
		if (r->priority == (uint32_t)get_number(wanted, "priority") && leads &&
			r->mark == mark && r->mask == mask && same_prefix(&r->from, &from) &&
			same_prefix(&r->to, &to))
			return true;
	}
	return false;
}

static void put_rule(struct text *t, const json_t *rule)
{
	static const char *const words[] = {"from", "to", "fwmark"};

	text_addf(t, "%d:", (int)get_number(rule, "priority"));
	for (size_t i = 0; i < 3; i++)
		if (get_text(rule, words[i])[0])
			text_addf(t, " %s %s", words[i], get_text(rule, words[i]));
	if (get_number(rule, "table"))
		text_addf(t, " lookup %d", (int)get_number(rule, "table"));
	else
		text_adds(t, " unreachable");
}

/* Ours, which the daemon puts back by itself. */
static void check_ours(
	json_t *findings, const struct ruleset *have, const char *family, const json_t *status)
{
	const json_t *rules = json_object_get(status, "rules"), *rule;
	struct text first = {0};
	size_t i, missing = 0;

	json_array_foreach(json_object_get(rules, "list"), i, rule)
	{
		if (strcmp(get_text(rule, "family"), family) != 0 || is_there(have, rule))
			continue;
		if (missing++ == 0)
			put_rule(&first, rule);
	}
	if (missing)
		doctor_find(findings, "rules", "bgpd-litectl status; systemctl restart bgpd-lite",
			"%zu %s rules that the configuration asks for are missing, first `%s`%s%s",
			missing, family, first.s, get_text(rules, "error_text")[0] ? ": " : "",
			get_text(rules, "error_text"));
	text_free(&first);
}

/* The kernel's own rule for VRF devices: it makes one with the first of them. */
static void check_vrfs(
	json_t *findings, const struct ruleset *have, const char *family, const json_t *vrfs)
{
	bool device = false, there = false;
	size_t i;
	const json_t *vrf;

	json_array_foreach(vrfs, i, vrf) device =
		device || (get_text(vrf, "device")[0] && get_bool(vrf, "ready"));
	for (int k = 0; k < have->n; k++)
		there = there || have->rule[k].l3mdev;
	if (device && !there)
		doctor_find(findings, "rules",
			strcmp(family, "ipv4") == 0
				? "ip -4 rule add pref 1000 l3mdev protocol kernel"
				: "ip -6 rule add pref 1000 l3mdev protocol kernel",
			"no %s rule leads packets of VRF devices to their tables (l3mdev): they "
			"take those of table main",
			family);
}

void doctor_rules(json_t *findings, const json_t *status, const json_t *vrfs)
{
	static const struct {
		enum addr_family family;
		const char *text;
	} families[] = {{ADDR_V4, "ipv4"}, {ADDR_V6, "ipv6"}};
	static struct ruleset have;

	for (size_t i = 0; i < 2; i++) {
		have.n = kernel_rules(families[i].family, have.rule, KERNEL_RULES_MAX);
		if (have.n <= 0) /* a host without that family */
			continue;
		check_ours(findings, &have, families[i].text, status);
		check_vrfs(findings, &have, families[i].text, vrfs);
	}
}
