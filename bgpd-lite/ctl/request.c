#include "bgpd-lite/ctl/request.h"

#include <string.h>

static const char *take_flag(json_t *value, bool *flag)
{
	if (!json_is_boolean(value))
		return "more, oneway and upgrade are true or false";
	*flag = json_is_true(value);
	return NULL;
}

static const char *take_member(struct request *r, const char *key, json_t *value)
{
	if (strcmp(key, "method") == 0) {
		r->method = json_string_value(value);
		return r->method ? NULL : "method is not a string";
	}
	if (strcmp(key, "parameters") == 0) {
		if (json_is_null(value))
			return NULL;
		r->parameters = value;
		return json_is_object(value) ? NULL : "parameters is not an object";
	}
	if (strcmp(key, "more") == 0)
		return take_flag(value, &r->more);
	if (strcmp(key, "oneway") == 0)
		return take_flag(value, &r->oneway);
	if (strcmp(key, "upgrade") == 0)
		return take_flag(value, &r->upgrade);
	return "a member that is not method, parameters, more, oneway or upgrade";
}

static const char *take_members(struct request *r)
{
	const char *key;
	json_t *value;

	if (!json_is_object(r->root))
		return "not a JSON object";
	json_object_foreach(r->root, key, value)
	{
		const char *why = take_member(r, key, value);
		if (why)
			return why;
	}
	return r->method ? NULL : "no method is named";
}

const char *request_parse(const char *text, size_t len, struct request *out)
{
	struct request r = {.root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL)};
	if (!r.root)
		return "not JSON";
	const char *why = take_members(&r);
	if (why) {
		json_decref(r.root);
		return why;
	}
	*out = r;
	return NULL;
}

void request_free(struct request *r)
{
	json_decref(r->root);
	*r = (struct request){0};
}

size_t request_interface_len(const struct request *r)
{
	const char *dot = strrchr(r->method, '.');
	return dot ? (size_t)(dot - r->method) : 0;
}

static bool is_texts(json_t *value)
{
	const char *key;
	json_t *text;

	json_object_foreach(value, key, text) if (!json_is_string(text)) return false;
	return json_is_object(value) || json_is_null(value);
}

const char *request_bad_parameter(
	const struct request *r, const char *const *known, const char *texts)
{
	const char *key;
	json_t *value;

	json_object_foreach(r->parameters, key, value)
	{
		const char *const *k = known;
		if (texts && strcmp(texts, key) == 0 && is_texts(value))
			continue;
		while (*k && strcmp(*k, key) != 0)
			k++;
		if (!*k || !(json_is_string(value) || json_is_null(value)))
			return key;
	}
	return NULL;
}

const char *request_text(const struct request *r, const char *name)
{
	return json_string_value(json_object_get(r->parameters, name));
}
