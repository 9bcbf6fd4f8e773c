/* Memory of `metrics`: by owner, and by process. */
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/own.h"

struct series {
	const char *name;
	const char *help;
	const char *list;
	const char *label;
	const char *field;
};

static const struct series memory[] = {
	{"memory_bytes", "What the bgp process holds, by owner", "owners", "owner", "bytes"},
	{"memory_limit_bytes", "What routes may take, by limit", "limits", "limit", "bytes"},
	{"memory_limit_used_bytes", "What they take of it", "limits", "limit", "used_bytes"},
	{"process_resident_memory_bytes", "Resident memory of a process", "processes", "process",
		"rss_bytes"},
	{"process_proportional_memory_bytes", "With shared pages divided among their users",
		"processes", "process", "pss_bytes"},
};

static bool has(const json_t *list, const char *field)
{
	return json_is_integer(json_object_get(json_array_get(list, 0), field));
}

void metrics_put_memory(const json_t *reply, struct text *out)
{
	if (reply) {
		metrics_put_head(out, "memory_refusals_total", "counter",
			"Times that a neighbour was ended because memory was short");
		text_addf(out, "bgpd_lite_memory_refusals_total %" JSON_INTEGER_FORMAT "\n",
			get_number(reply, "refused_n"));
	}
	for (size_t k = 0; k < sizeof(memory) / sizeof(memory[0]); k++) {
		const struct series *m = &memory[k];
		const json_t *list = json_object_get(reply, m->list), *o;
		size_t i;

		if (!has(list, m->field))
			continue;
		metrics_put_head(out, m->name, "gauge", m->help);
		json_array_foreach(list, i, o)
		{
			if (!json_is_integer(json_object_get(o, m->field)))
				continue;
			text_addf(out, "bgpd_lite_%s{", m->name);
			metrics_put_label(out, m->label, get_text(o, m->label));
			text_addf(out, "} %" JSON_INTEGER_FORMAT "\n", get_number(o, m->field));
		}
	}
}
