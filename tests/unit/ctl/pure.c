/* Framing, requests, batches, tables and words: what daemon and client share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bgpd-lite/ctl/batch.h"
#include "bgpd-lite/ctl/frame.h"
#include "bgpd-lite/ctl/people.h"
#include "bgpd-lite/ctl/request.h"
#include "bgpd-lite/ctl/scan.h"
#include "bgpd-lite/ctl/table.h"

static void feed(struct frame *f, const void *bytes, size_t len)
{
	size_t room;
	char *p = frame_room(f, &room);
	assert_true(len <= room);
	memcpy(p, bytes, len);
	frame_filled(f, len);
}

static void assert_message(struct frame *f, const char *expected)
{
	const char *text;
	size_t len;

	assert_int_equal(frame_next(f, &text, &len), FRAME_WHOLE);
	assert_int_equal(len, strlen(expected));
	assert_string_equal(text, expected);
}

static void frames_in_pieces(void **state)
{
	char buffer[16];
	struct frame f;
	const char *text;
	size_t len;

	frame_init(&f, buffer, sizeof(buffer));
	assert_int_equal(frame_next(&f, &text, &len), FRAME_PARTIAL);
	feed(&f, "ab", 2);
	assert_int_equal(frame_next(&f, &text, &len), FRAME_PARTIAL);
	feed(&f, "c\0\0de", 5);
	assert_message(&f, "abc");
	assert_message(&f, "");
	assert_int_equal(frame_next(&f, &text, &len), FRAME_PARTIAL);
	feed(&f, "fg", 3);
	assert_message(&f, "defg");
}

static void frames_at_the_limit(void **state)
{
	char buffer[4];
	struct frame f;
	const char *text;
	size_t len, room;

	frame_init(&f, buffer, sizeof(buffer));
	feed(&f, "abc", 4);
	assert_message(&f, "abc");
	feed(&f, "abcd", 4);
	assert_int_equal(frame_next(&f, &text, &len), FRAME_TOO_LONG);
	assert_int_equal(frame_next(&f, &text, &len), FRAME_TOO_LONG);
	frame_room(&f, &room);
	assert_int_equal(room, 0);
}

/* Every way to cut a stream gives the same messages. */
static void frames_cut_anywhere(void **state)
{
	static const char stream[] = "one\0\0three\0four";
	for (size_t cut = 0; cut <= sizeof(stream); cut++) {
		char buffer[32], seen[64] = "";
		struct frame f;
		const char *text;
		size_t len;
		frame_init(&f, buffer, sizeof(buffer));
		for (int part = 0; part < 2; part++) {
			feed(&f, part ? stream + cut : stream, part ? sizeof(stream) - cut : cut);
			while (frame_next(&f, &text, &len) == FRAME_WHOLE) {
				strcat(seen, text);
				strcat(seen, "|");
			}
		}
		assert_string_equal(seen, "one||three|four|");
	}
}

static const char *why(const char *text)
{
	struct request r = {0};
	const char *reason = request_parse(text, strlen(text), &r);
	if (!reason)
		request_free(&r);
	return reason;
}

static void requests_refused(void **state)
{
	assert_string_equal(why(""), "not JSON");
	assert_string_equal(why("{"), "not JSON");
	assert_string_equal(why("{\"method\":\"a.b\"} x"), "not JSON");
	assert_string_equal(why("{\"method\":\"a.b\",\"method\":\"a.c\"}"), "not JSON");
	assert_string_equal(why("{\"method\":\"a\\u0000b\"}"), "not JSON");
	assert_string_equal(why("{\"method\":\"\xff\"}"), "not JSON");
	assert_string_equal(why("[]"), "not a JSON object");
	assert_string_equal(why("{}"), "no method is named");
	assert_string_equal(why("{\"method\":1}"), "method is not a string");
	assert_string_equal(
		why("{\"method\":\"a.b\",\"parameters\":[]}"), "parameters is not an object");
	assert_string_equal(why("{\"method\":\"a.b\",\"more\":1}"),
		"more, oneway and upgrade are true or false");
	assert_string_equal(why("{\"method\":\"a.b\",\"else\":1}"),
		"a member that is not method, parameters, more, oneway or upgrade");
}

static void requests_deep_nesting_is_refused(void **state)
{
	char text[60000];
	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	assert_string_equal(why(text), "not JSON");
}

static void requests_understood(void **state)
{
	static const char text[] = "{\"method\":\"io.bgpd-lite.ShowRoutes\",\"more\":true,"
				   "\"parameters\":{\"vrf\":\"red\",\"prefix\":null}}";
	static const char *const known[] = {"vrf", "prefix", NULL};
	static const char *const fewer[] = {"vrf", NULL};
	struct request r;

	assert_null(request_parse(text, strlen(text), &r));
	assert_true(r.more);
	assert_false(r.oneway);
	assert_int_equal(request_interface_len(&r), strlen("io.bgpd-lite"));
	assert_null(request_bad_parameter(&r, known, NULL));
	assert_string_equal(request_bad_parameter(&r, fewer, NULL), "prefix");
	assert_string_equal(request_text(&r, "vrf"), "red");
	assert_null(request_text(&r, "prefix"));
	request_free(&r);
}

static void batches(void **state)
{
	static const char *const names[] = {"a", "b", NULL};
	struct batch b;
	struct text out = {0};

	batch_init(&b, names);
	batch_flush(&b, true, &out);
	assert_string_equal(out.s, "{\"parameters\":{\"a\":[],\"b\":[]},\"continues\":true}");
	assert_int_equal(out.s[out.len - 1], 0);
	text_free(&out);
	batch_add(&b, 0, json_integer(1));
	batch_add(&b, 0, json_string("x"));
	batch_add(&b, 1, json_true());
	assert_int_equal(b.items, 3);
	batch_flush(&b, false, &out);
	assert_string_equal(out.s, "{\"parameters\":{\"a\":[1,\"x\"],\"b\":[true]}}");
	text_free(&out);
	batch_add(&b, 1, json_integer(2));
	batch_flush(&b, false, &out);
	assert_string_equal(out.s, "{\"parameters\":{\"a\":[],\"b\":[2]}}");
	text_free(&out);
	batch_free(&b);
}

static void texts(void **state)
{
	struct text t = {0};
	text_addf(&t, "%s-%d", "a", 7);
	text_pad(&t, 2);
	text_adds(&t, "z");
	assert_string_equal(t.s, "a-7  z");
	text_drop(&t, 2);
	assert_string_equal(t.s, "7  z");
	text_drop(&t, 100);
	assert_int_equal(t.len, 0);
	for (int i = 0; i < 1000; i++)
		text_adds(&t, "0123456789");
	assert_int_equal(t.len, 10000);
	assert_int_equal(strlen(t.s), 10000);
	text_free(&t);
}

static void tables(void **state)
{
	static const struct column columns[] = {{"Name", false}, {"N", true}, {"Note", false}};
	struct table t;
	struct text out = {0};

	table_init(&t, columns, 3);
	table_add(&t, (const char *[]){"a", "7", "caf\xc3\xa9 \x1b[31mred\xc2\x9b\x7f"});
	table_add(&t, (const char *[]){"longer name", "1000", NULL});
	table_add(&t, (const char *[]){"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "", "x"});
	table_print(&t, &out);
	assert_string_equal(out.s, "Name            N  Note\n"
				   "a               7  caf\xc3\xa9 ?[31mred??\n"
				   "longer name  1000\n"
				   "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9              x\n");
	text_free(&out);
	table_free(&t);
}

static void durations(void **state)
{
	char out[PEOPLE_DURATION_MAX];
	assert_string_equal(people_duration(0, out), "0s");
	assert_string_equal(people_duration(59, out), "59s");
	assert_string_equal(people_duration(60, out), "1m00s");
	assert_string_equal(people_duration(3599, out), "59m59s");
	assert_string_equal(people_duration(3725, out), "1h02m");
	assert_string_equal(people_duration(86399, out), "23h59m");
	assert_string_equal(people_duration(3 * 86400 + 4 * 3600, out), "3d04h");
	assert_string_equal(people_duration(UINT64_MAX, out), "213503982334601d07h");
}

static void words(void **state)
{
	static const char *const list[] = {"status", "show", "reload", NULL};
	static const char *const inner[] = {"failed", "failed-over", NULL};
	char endless[200];

	assert_string_equal(people_nearest("stauts", list), "status");
	assert_string_equal(people_nearest("relaod", list), "reload");
	assert_null(people_nearest("xyzzy", list));
	memset(endless, 's', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = 0;
	assert_null(people_nearest(endless, list));
	assert_string_equal(people_complete("rel", list), "reload");
	assert_null(people_complete("s", list));
	assert_null(people_complete("", list));
	assert_null(people_complete("statusx", list));
	assert_string_equal(people_complete("failed", inner), "failed");
}

static struct span span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

static void assert_cell(struct span value, const char *expected)
{
	struct text t = {0};
	scan_cell(value, &t);
	assert_string_equal(t.s ? t.s : "", expected);
	text_free(&t);
}

static const char scanned[] = " {\"a\" : [1, {\"]\":\"}\\\"\"}, \"x\\u0041\\n\",null,true ,[[]]] "
			      ",\"b\":\"\",\"c\":{}}";

static void scans(void **state)
{
	struct span root = span_of(scanned), value, key;
	struct scan it = scan_array(scan_find(root, "a"));
	static const char *const cells[] = {"1", "{\"]\":\"}\\\"\"}", "xA\n", "-", "true", "[[]]"};
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		assert_true(scan_item(&it, &value));
		assert_cell(value, cells[i]);
	}
	assert_false(scan_item(&it, &value));
	assert_false(it.bad);
	assert_cell(scan_find(root, "b"), "");
	assert_int_equal(scan_find(root, "nothing").len, 0);
	it = scan_object(root);
	for (size_t n = 0; n < 3; n++)
		assert_true(scan_field(&it, &key, &value) && key.len == 1);
	assert_false(scan_field(&it, &key, &value));
	assert_false(it.bad);
	it = scan_object(scan_find(root, "c"));
	assert_false(scan_field(&it, &key, &value) || it.bad);
}

/* All of it by steps, without looking for the end of what is nested first; n counts scalars. */
static void walk(struct scan *it, bool fields, size_t *n)
{
	struct span key, value;

	while (fields ? scan_key(it, &key) : scan_next(it)) {
		char c = it->rest.len ? it->rest.s[strspn(it->rest.s, " ")] : 0;
		if (c != '{' && c != '[') {
			*n += scan_value(it, &value);
			continue;
		}
		struct scan inner = c == '{' ? scan_object(it->rest) : scan_array(it->rest);
		walk(&inner, c == '{', n);
		scan_leave(it, &inner);
	}
}

static void scans_in_steps(void **state)
{
	struct scan it = scan_object(span_of(scanned));
	size_t n = 0;

	walk(&it, true, &n);
	assert_false(it.bad);
	assert_int_equal(n, 6);
	for (size_t len = 0; len < strlen(scanned) - 1; len++) {
		char *cut = calloc(1, len + 1);
		memcpy(cut, scanned, len);
		it = scan_object((struct span){cut, len});
		walk(&it, true, &n);
		assert_true(it.bad);
		free(cut);
	}
}

/* An inner value that was not gone through cannot be left. */
static void scans_no_half_way(void **state)
{
	struct scan it = scan_array(span_of("[[1,2],3]"));
	struct span value;

	assert_true(scan_next(&it));
	struct scan inner = scan_array(it.rest);
	assert_true(scan_item(&inner, &value));
	scan_leave(&it, &inner);
	assert_true(it.bad);
	assert_false(scan_next(&it));
}

/* A copy that ends where the text is cut, for the sanitizers. */
static void scans_cut_anywhere(void **state)
{
	for (size_t len = 0; len < strlen(scanned); len++) {
		char *cut = malloc(len + 1);
		memcpy(cut, scanned, len);
		struct span key, value = {cut, len};
		struct scan it = scan_object(value);
		while (scan_field(&it, &key, &value)) {
			struct text t = {0};
			scan_cell(value, &t);
			text_free(&t);
		}
		assert_true(it.bad);
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_in_pieces),
		cmocka_unit_test(frames_at_the_limit),
		cmocka_unit_test(frames_cut_anywhere),
		cmocka_unit_test(requests_refused),
		cmocka_unit_test(requests_deep_nesting_is_refused),
		cmocka_unit_test(requests_understood),
		cmocka_unit_test(batches),
		cmocka_unit_test(texts),
		cmocka_unit_test(tables),
		cmocka_unit_test(scans),
		cmocka_unit_test(scans_in_steps),
		cmocka_unit_test(scans_no_half_way),
		cmocka_unit_test(scans_cut_anywhere),
		cmocka_unit_test(durations),
		cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
