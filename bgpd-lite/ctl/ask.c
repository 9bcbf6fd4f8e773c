/* A question to the daemon and all its replies as one. */
#include "bgpd-lite/ctl/own.h"

void own_join(json_t *joined, json_t *parameters)
{
	const char *key;
	json_t *value;

	json_object_foreach(parameters, key, value)
	{
		json_t *have = json_object_get(joined, key);
		if (json_is_array(have) && json_is_array(value))
			json_array_extend(have, value);
		else
			json_object_set(joined, key, value);
	}
}

struct own_answer {
	json_t *joined;
	bool error;
};

static void take_reply(void *arg, const json_t *reply)
{
	struct own_answer *a = arg;

	if (json_object_get(reply, "error"))
		a->error = true;
	else
		own_join(a->joined, json_object_get(reply, "parameters"));
}

json_t *own_ask(const char *path, const char *method, enum exchange_result *result)
{
	return own_ask_with(path, method, json_object(), result);
}

json_t *own_ask_with(
	const char *path, const char *method, json_t *parameters, enum exchange_result *result)
{
	struct own_answer a = {.joined = json_object()};
	char why[128];

	struct exchange_taker taker = {.reply = take_reply, .arg = &a};
	*result = exchange(path, method, parameters, &taker, why, sizeof(why));
	if (*result == EXCHANGE_DONE && a.error)
		*result = EXCHANGE_BROKEN;
	json_decref(parameters);
	if (*result == EXCHANGE_DONE)
		return a.joined;
	json_decref(a.joined);
	return NULL;
}
