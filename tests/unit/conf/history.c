/* conf: configurations kept as texts, and what two of them differ in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "conf/dump.h"
#include "conf/history.h"

static struct conf_text texts[] = {
	{.name = "main", .file = "/etc/main.conf", .bytes = "[bgp]\nlocal-as = 1\n", .len = 19},
	{.name = "b", .file = "/a path/b.conf", .bytes = "end\ntext 1 x y\n", .len = 15},
	{.name = "c", .file = "/c.conf", .bytes = "", .len = 0},
};
static const struct conf_history some = {
	.at_realtime_ns = 1234567890123, .origin = "reload by uid 0", .texts_n = 3, .texts = texts};

static void what_is_written_is_read(void **state)
{
	(void)state;
	struct conf_arena *a = conf_arena_new();
	struct conf_history h;
	size_t len, body;
	char *text = conf_history_encode(&some, &len, &body);
	assert_true(conf_history_decode(a, text, len, &h));
	assert_int_equal(h.at_realtime_ns, some.at_realtime_ns);
	assert_string_equal(h.origin, some.origin);
	assert_int_equal(h.texts_n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(h.texts[i].name, texts[i].name);
		assert_string_equal(h.texts[i].file, texts[i].file);
		assert_string_equal(h.texts[i].bytes, texts[i].bytes);
		assert_int_equal(h.texts[i].len, texts[i].len);
	}
	assert_memory_equal(text + body, "text 19 main", 12);
	free(text);
	conf_arena_free(a);
}

/* A disk that was full, a power failure: never half a configuration. */
static void every_cut_is_refused(void **state)
{
	(void)state;
	struct conf_arena *a = conf_arena_new();
	struct conf_history h;
	size_t len, body;
	char *text = conf_history_encode(&some, &len, &body);
	for (size_t n = 0; n < len; n++) {
		char *exact = malloc(n + 1);
		memcpy(exact, text, n);
		assert_false(conf_history_decode(a, exact, n, &h));
		free(exact);
	}
	static const char *const wrong[] = {"", "bgpd-lite history 2\nat 1\norigin x\nend\n",
		"bgpd-lite history 1\nat 1\norigin x\nend\n",
		"bgpd-lite history 1\nat x\norigin x\ntext 0 a b\n\nend\n",
		"bgpd-lite history 1\nat 1\norigin x\ntext 18446744073709551615 a b\n\nend\n",
		"bgpd-lite history 1\nat 1\norigin x\ntext -1 a b\n\nend\n",
		"bgpd-lite history 1\nat 1\norigin x\ntext 0 a\n\nend\n",
		"bgpd-lite history 1\nat 1\norigin x\ntext 0 a b\n\nend\nmore\n"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(conf_history_decode(a, wrong[i], strlen(wrong[i]), &h));
	free(text);
	conf_arena_free(a);
}

static void a_path_of_two_lines_is_not_kept(void **state)
{
	(void)state;
	struct conf_text t = {.name = "a", .file = "/a\nend", .bytes = "", .len = 0};
	struct conf_history h = {.origin = "x", .texts_n = 1, .texts = &t};
	size_t len, body;
	assert_null(conf_history_encode(&h, &len, &body));
}

static void expect_diff(const char *before, const char *after, const char *want)
{
	char *diff = conf_dump_diff(before, after);
	assert_string_equal(diff, want);
	free(diff);
}

static void differences_by_section(void **state)
{
	(void)state;
	static const char before[] = "; a comment\n[bgp]\nlocal-as = 1 ; a:2\n\n"
				     "[prefix-list l] ; of m\npermit = 10.0.0.0/8 ; a:4\n"
				     "permit = 11.0.0.0/8 ; a:5\npermit = 12.0.0.0/8 ; a:6\n\n"
				     "[neighbor 192.0.2.1]\nport = 179 ; default\n";
	expect_diff(before, before, "");
	expect_diff(before,
		"[bgp]\nlocal-as = 1 ; b:7\n"
		"[prefix-list l] ; of m\npermit = 12.0.0.0/8 ; a:4\n"
		"permit = 10.0.0.0/8 ; a:5\npermit = 11.0.0.0/8 ; a:6\n"
		"[neighbor 192.0.2.2]\nport = 179 ; default\n",
		"  [prefix-list l] ; of m\n+ permit = 12.0.0.0/8\n- permit = 12.0.0.0/8\n"
		"- [neighbor 192.0.2.1]\n- port = 179\n+ [neighbor 192.0.2.2]\n+ port = 179\n");
	expect_diff(
		"[bgp]\na = 1\nb = 2\n", "[bgp]\na = 1\nb = 3\n", "  [bgp]\n- b = 2\n+ b = 3\n");
	expect_diff("", "[bgp]\n", "+ [bgp]\n");
}

/* Too long to look for what is common. */
static void a_long_section_is_replaced(void **state)
{
	(void)state;
	char *a = malloc(40000), *b = malloc(40000);
	size_t n = 0;
	for (int i = 0; i < 1100; i++)
		n += (size_t)sprintf(a + n, i ? "permit = %d ; f:1\n" : "[prefix-list l]\n", i);
	memcpy(b, a, n + 1);
	strcpy(b + n, "permit = x ; f:1\n");
	char *diff = conf_dump_diff(a, b);
	assert_non_null(strstr(diff, "\n- permit = 1099\n+ permit = 1\n"));
	free(diff);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(a_path_of_two_lines_is_not_kept),
		cmocka_unit_test(differences_by_section),
		cmocka_unit_test(a_long_section_is_replaced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
