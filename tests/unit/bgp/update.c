/* UPDATE: every row of the case tables, and lengths that do not fit the message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/bgp/update_cases.h"

static struct bgp_update update;

static const struct bgp_fault *strongest(const struct bgp_update *u)
{
	const struct bgp_fault *f = NULL;
	for (unsigned i = 0; i < u->faults_n; i++) {
		if (!f || u->faults[i].action > f->action)
			f = &u->faults[i];
	}
	return f;
}

static bool same(const char *what, const char *name, const char *got, const char *want)
{
	if (!want || strcmp(got, want) == 0)
		return true;
	fprintf(stderr, "%s: %s is '%s', not '%s'\n", name, what, got, want);
	return false;
}

static bool data_is(const struct update_case *c, const struct bgp_error *e)
{
	struct bytes want = {.len = 0};
	if (!c->data)
		return true;
	bytes_hex(&want, c->data);
	return e->data_len == want.len && memcmp(bgp_error_data(e), want.b, want.len) == 0;
}

static bool case_holds(const struct update_case *c)
{
	static struct bytes body;
	struct bgp_update_session session = session_of(c->kind);
	bytes_update(&body, c->withdrawn, c->attrs, c->nlri);
	uint8_t *exact = bytes_exact(body.b, body.len);
	memset(&update, 0xa5, sizeof(update));
	bgp_update_decode(exact, body.len, &session, &update);
	const struct bgp_fault *f = strongest(&update);
	bool good = same("why", c->name, f ? f->why : "", c->why ? c->why : "");
	good = same("text", c->name, update_text(&update), c->text) && good;
	if (update.action != c->action || (f && f->attribute != c->attribute)) {
		fprintf(stderr, "%s: action %u attribute %u\n", c->name, update.action,
			f ? f->attribute : 0u);
		good = false;
	}
	uint8_t code = c->action == R ? BGP_ERROR_UPDATE : 0;
	if (update.error.code != code || update.error.subcode != c->subcode ||
		!data_is(c, &update.error)) {
		fprintf(stderr, "%s: error %u/%u with %u octets\n", c->name, update.error.code,
			update.error.subcode, update.error.data_len);
		good = false;
	}
	update_walk(&update);
	free(exact);
	return good;
}

static void cases_hold(const struct update_case *cases, size_t n)
{
	size_t failed = 0;
	for (size_t i = 0; i < n; i++)
		failed += !case_holds(&cases[i]);
	assert_int_equal(failed, 0);
}

static void attributes(void **state)
{
	(void)state;
	cases_hold(update_attribute_cases, update_attribute_cases_n);
}

static void as_paths(void **state)
{
	(void)state;
	cases_hold(update_as_cases, update_as_cases_n);
}

static void messages(void **state)
{
	(void)state;
	cases_hold(update_message_cases, update_message_cases_n);
}

static void there_are_many_cases(void **state)
{
	(void)state;
	assert_true(update_attribute_cases_n + update_as_cases_n + update_message_cases_n >= 200);
}

/* Whole bodies whose two lengths lie. */
static void lengths_that_do_not_fit(void **state)
{
	(void)state;
	static const char *const bodies[] = {"", "00", "0000", "000000", "0001 0000",
		"0002 00 0000", "ffff 0000", "0000 0001", "0000 ffff 400101 00",
		"0000 0005 400101 00", "0003 10 0a01 00"};
	struct bgp_update_session session = session_of(E4);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct bytes b = {.len = 0};
		bytes_hex(&b, bodies[i]);
		uint8_t *exact = bytes_exact(b.b, b.len);
		bgp_update_decode(exact, b.len, &session, &update);
		assert_int_equal(update.action, R);
		assert_int_equal(update.error.code, 3);
		assert_int_equal(update.error.subcode, 1);
		assert_int_equal(update_walk(&update), 0);
		free(exact);
	}
}

/* A full message of 4096 octets, AS_PATH widened to its greatest length. */
static void greatest_message(void **state)
{
	(void)state;
	static struct bytes b, attrs;
	attrs.len = 0;
	bytes_hex(&attrs, ORIGIN NH);
	size_t numbers = 2000;
	bytes_hex(&attrs, "5002");
	bytes_u16(&attrs, numbers / 250 * 2 + numbers * 2);
	for (size_t s = 0; s < numbers / 250; s++) {
		bytes_hex(&attrs, "02fa");
		for (size_t i = 0; i < 250; i++)
			bytes_hex(&attrs, "fde9");
	}
	b.len = 0;
	bytes_u16(&b, 0);
	bytes_u16(&b, attrs.len);
	bytes_add(&b, attrs.b, attrs.len);
	while (b.len + 3 <= BGP_MESSAGE_MAX - BGP_HEADER_LEN)
		bytes_hex(&b, NET);
	struct bgp_update_session session = session_of(E2);
	bgp_update_decode(b.b, b.len, &session, &update);
	assert_int_equal(update.action, A);
	assert_int_equal(update.attrs.as_path.len, numbers / 250 * 2 + numbers * 4);
	assert_true(update_walk(&update) > 10);
}

static void names_of_attributes(void **state)
{
	(void)state;
	assert_string_equal(bgp_attribute_name(2), "AS_PATH");
	assert_string_equal(bgp_attribute_name(14), "MP_REACH_NLRI");
	assert_string_equal(bgp_attribute_name(0), "message");
	assert_string_equal(bgp_attribute_name(11), "unknown attribute");
	assert_string_equal(bgp_attribute_name(255), "unknown attribute");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes),
		cmocka_unit_test(as_paths),
		cmocka_unit_test(messages),
		cmocka_unit_test(there_are_many_cases),
		cmocka_unit_test(lengths_that_do_not_fit),
		cmocka_unit_test(greatest_message),
		cmocka_unit_test(names_of_attributes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
