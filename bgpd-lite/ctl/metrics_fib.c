/* What the kernel side did, for `metrics`: repairs, drift, queue. */
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/own.h"

#define N "%" JSON_INTEGER_FORMAT

static void put_repairs(struct text *out, const json_t *repairs)
{
	static const char name[] = "fib_repair_seconds";
	size_t i;
	const json_t *b;

	if (!json_is_object(repairs))
		return;
	metrics_put_head(
		out, name, "histogram", "From the loss of a session to the kernel's answer");
	json_array_foreach(json_object_get(repairs, "buckets"), i, b)
		text_addf(out, "bgpd_lite_%s_bucket{le=\"%g\"} " N "\n", name,
			(double)get_number(b, "within_us") / 1e6, get_number(b, "n"));
	text_addf(out, "bgpd_lite_%s_bucket{le=\"+Inf\"} " N "\n", name, get_number(repairs, "n"));
	text_addf(
		out, "bgpd_lite_%s_sum %.6f\n", name, (double)get_number(repairs, "sum_us") / 1e6);
	text_addf(out, "bgpd_lite_%s_count " N "\n", name, get_number(repairs, "n"));
}

static void put_drift(struct text *out, const json_t *drift)
{
	const char *cause;
	const json_t *n;

	metrics_put_head(out, "fib_drift_total", "counter",
		"What was written again because others changed it");
	json_object_foreach((json_t *)drift, cause, n)
	{
		text_adds(out, "bgpd_lite_fib_drift_total{");
		metrics_put_label(out, "cause", cause);
		text_addf(out, "} " N "\n", json_integer_value(n));
	}
}

void metrics_put_fib(const json_t *fib, struct text *out)
{
	const json_t *last = json_object_get(fib, "last_repair");

	metrics_put_head(
		out, "fib_queue_packets", "gauge", "Packets that the kernel side has not done yet");
	text_addf(out, "bgpd_lite_fib_queue_packets " N "\n",
		get_number(fib, "packets_sent") - get_number(fib, "packets_done"));
	if (json_is_object(last)) {
		metrics_put_head(out, "fib_last_repair_seconds", "gauge",
			"From the loss of a gateway to the kernel's answer");
		text_addf(out, "bgpd_lite_fib_last_repair_seconds %.6f\n",
			(double)get_number(last, "duration_us") / 1e6);
	}
	put_repairs(out, json_object_get(fib, "repair_times"));
	put_drift(out, json_object_get(fib, "drift"));
}
