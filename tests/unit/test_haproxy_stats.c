// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/config/haproxy_stats.h"
#include "user/lib/endpoint.h"
#include "user/lib/record.h"

#define HEADER                                                                          \
	"# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,"  \
	"eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,"    \
	"qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,"        \
	"check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,"   \
	"hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt," \
	"comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,"    \
	"rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,"     \
	"check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,"   \
	"cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew," \
	"connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max," \
	"rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,"           \
	"need_conn_est,uweight,agg_server_status,agg_server_check_status,"              \
	"agg_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,"             \
	"h2_headers_rcvd,h2_data_rcvd,h2_settings_rcvd,h2_rst_stream_rcvd,"             \
	"h2_goaway_rcvd,h2_detected_conn_protocol_errors,"                              \
	"h2_detected_strm_protocol_errors,h2_rst_stream_resp,h2_goaway_resp,"           \
	"h2_open_connections,h2_backend_open_streams,h2_total_connections,"             \
	"h2_backend_total_streams,h1_open_connections,h1_open_streams,"                 \
	"h1_total_connections,h1_total_streams,h1_bytes_in,h1_bytes_out,"               \
	"h1_spliced_bytes_in,h1_spliced_bytes_out,\n"

/* Of HAProxy 2.6.12. */
static const char real_stat[] =
	HEADER "f,FRONTEND,,,0,0,9980,0,0,0,0,0,0,,,,,OPEN,,,,,,,,,1,2,0,,,,0,0,0,0,,,,0,0,0,"
	       "0,0,0,,0,0,0,,,0,0,0,0,,,,,,,,,,,,,,,,,,,,,http,,0,0,0,0,0,0,0,,,0,0,,,,,,,0,,"
	       ",,,,,,,-,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,\n"
	       "web,app1,0,0,0,0,,0,0,0,,0,,0,0,0,0,DOWN,7,1,0,1,1,4,4,,1,3,1,,0,,2,0,,0,"
	       "L7STS,404,1,0,0,0,0,0,0,,,,0,0,0,,,,,-1,File not found,,0,0,0,0,,,,"
	       "Layer7 wrong status,,2,3,0,,,,127.0.0.1:18081,,http,,,,,,,,0,0,0,,,0,,0,0,0,0,"
	       "0,0,0,0,1,7,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,\n"
	       "web,app3,0,0,0,0,,0,0,0,,0,,0,0,0,0,no check,1,1,0,,,4,,,1,3,3,,0,,2,0,,0,,,,"
	       "0,0,0,0,0,0,,,,0,0,0,,,,,-1,,,0,0,0,0,,,,,,,,,,,,127.0.0.1:18083,,http,,,,,,,,"
	       "0,0,0,,,0,,0,0,0,0,0,0,0,0,0,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,\n"
	       "web,app5,0,0,0,0,,0,0,0,,0,,0,0,0,0,DOWN,1,1,0,,,4,,,1,3,5,,0,web/app1,2,0,,0,"
	       ",,,0,0,0,0,0,0,,,,0,0,0,,,,,-1,,,0,0,0,0,,,,,,,,,,,,127.0.0.1:18085,,http,,,,,"
	       ",,,0,0,0,,,0,,0,0,0,0,0,0,0,0,0,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,\n"
	       "web,app6,0,0,0,0,,0,0,0,,0,,0,0,0,0,MAINT (resolution),1,1,0,0,1,4,4,,1,3,6,,"
	       "0,,2,0,,0,,,,0,0,0,0,0,0,,,,0,0,0,,,,,-1,,,0,0,0,0,,,,,,,,,,,,,,http,,,,,,,,0,"
	       "0,0,,,0,,0,0,0,0,0,0,0,0,0,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,\n"
	       "web,six,0,0,0,0,,0,0,0,,0,,0,0,0,0,DOWN,1,1,0,1,1,4,4,,1,3,7,,0,,2,0,,0,L4CON,"
	       ",0,0,0,0,0,0,0,,,,0,0,0,,,,,-1,Connection refused,,0,0,0,0,,,,"
	       "Layer4 connection problem,,2,3,0,,,,[::1]:18086,,http,,,,,,,,0,0,0,,,0,,0,0,0,"
	       "0,0,0,0,0,1,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,\n"
	       "web,u,0,0,0,0,,0,0,0,,0,,0,0,0,0,DOWN,1,1,0,1,1,4,4,,1,3,8,,0,,2,0,,0,SOCKERR,"
	       ",0,0,0,0,0,0,0,,,,0,0,0,,,,,-1,"
	       "General socket error (No such file or directory),,0,0,0,0,,,,Socket error,,2,"
	       "3,0,,,,unix,,http,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,0,1,1,,,,-,0,0,0,,,,,,,,,,,,"
	       ",,,,,,,,,,\n"
	       "web,BACKEND,0,0,0,0,998,0,0,0,0,0,,0,0,0,0,UP,2,2,0,,0,4,0,,1,3,0,,0,,1,0,,0,,"
	       ",,0,0,0,0,0,0,,,,0,0,0,0,0,0,0,-1,,,0,0,0,0,,,,,,,,,,,,,,http,roundrobin,,,,,,"
	       ",0,0,0,0,0,,,0,0,0,0,0,,,,,2,0,0,0,-,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,63,"
	       "63,4530,240,0,0,\n"
	       "db,d1,0,0,0,0,,0,0,0,,0,,0,0,0,0,UP,1,1,0,0,0,4,0,,1,4,1,,0,,2,0,,0,L4OK,,0,,,"
	       ",,,,,,,,0,0,,,,,-1,,,0,0,0,0,,,,Layer4 check passed,,2,3,4,,,,127.0.0.1:18081,"
	       ",tcp,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,0,1,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,\n"
	       "db,d2,0,0,0,0,,0,0,0,,0,,0,0,0,0,no check,1,1,0,,,4,,,1,4,2,,0,,2,0,,0,,,,,,,,"
	       ",,,,,,0,0,,,,,-1,,,0,0,0,0,,,,,,,,,,,,127.0.0.1:0,,tcp,,,,,,,,0,0,0,,,0,,0,0,"
	       "0,0,0,0,0,0,0,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,\n"
	       "\n";

#define STATUSES_MOST 16

struct statuses {
	struct event_backend_status status[STATUSES_MOST];
	size_t count;
	int result; /* of the sink */
};

static struct statuses found;

static int keep_status(void *context, const struct event_backend_status *status)
{
	struct statuses *statuses = context;
	_Alignas(8) struct event_backend_status copy = *status;

	assert_int_equal(record_check(&copy, sizeof(copy)), sizeof(copy));
	assert_true(statuses->count < STATUSES_MOST);
	statuses->status[statuses->count++] = *status;
	return statuses->result;
}

/* From memory just as long as the text, so that a sanitizer sees who reads on. */
static int parse_bytes(const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, text, length);
	memset(&found, 0, sizeof(found));
	err = haproxy_stats_parse(copy, length, keep_status, &found);
	free(copy);
	return err;
}

static int parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static const struct event_backend_status *find(const char *pool, const char *name)
{
	for (size_t i = 0; i < found.count; i++) {
		if (!strcmp(found.status[i].pool, pool) && !strcmp(found.status[i].name, name))
			return &found.status[i];
	}
	fail_msg("there is no %s/%s", pool, name);
	return NULL;
}

static void expect_address(const struct event_backend_status *status, const char *address)
{
	char text[ENDPOINT_TEXT_BYTES];

	assert_string_equal(endpoint_format(&status->address, text), address);
}

static void test_real(void **state)
{
	const struct event_backend_status *status;

	(void)state;
	assert_int_equal(parse(real_stat), 0);
	assert_int_equal(found.count, 8);
	status = find("web", "app1");
	assert_int_equal(status->state, BACKEND_DOWN);
	assert_string_equal(status->check_status, "L7STS");
	assert_int_equal(status->check_code, 404);
	assert_string_equal(status->check_text, "File not found");
	assert_int_equal(status->check_duration_ms, 1);
	assert_int_equal(status->weight, 7);
	assert_int_equal(status->changed_ns, 4000000000);
	expect_address(status, "127.0.0.1:18081");
	status = find("web", "app3");
	assert_int_equal(status->state, BACKEND_UNCHECKED);
	assert_string_equal(status->check_status, "");
	assert_string_equal(status->check_text, "");
	status = find("web", "app6");
	assert_int_equal(status->state, BACKEND_MAINTENANCE);
	assert_string_equal(status->check_text, "MAINT (resolution)");
	assert_int_equal(status->address.family, 0);
	expect_address(find("web", "six"), "[::1]:18086");
	status = find("web", "u");
	assert_string_equal(status->check_status, "SOCKERR");
	assert_int_equal(status->address.family, 0);
	status = find("db", "d1");
	assert_int_equal(status->state, BACKEND_UP);
	assert_string_equal(status->check_status, "L4OK");
	assert_string_equal(status->check_text, "Layer4 check passed");
	expect_address(find("db", "d2"), "127.0.0.1:0");
}

#define SHORT \
	"# pxname,svname,status,type,lastchg,econ,eresp,wretr,wredis,qcur,check_status,last_chk\n"

static void test_states(void **state)
{
	static const struct {
		const char *word;
		uint16_t state;
	} cases[] = {
		{ "UP", BACKEND_UP },
		{ "UP 1/3", BACKEND_UP },
		{ "DOWN", BACKEND_DOWN },
		{ "DOWN 1/2", BACKEND_DOWN },
		{ "DOWN (agent)", BACKEND_DOWN },
		{ "NOLB", BACKEND_DRAIN },
		{ "NOLB 1/3", BACKEND_DRAIN },
		{ "DRAIN", BACKEND_DRAIN },
		{ "DRAIN (agent)", BACKEND_DRAIN },
		{ "MAINT", BACKEND_MAINTENANCE },
		{ "MAINT (via web/app1)", BACKEND_MAINTENANCE },
		{ "no check", BACKEND_UNCHECKED },
		{ "UPSIDE", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char text[512];

		snprintf(text, sizeof(text), SHORT "p,s,%s,2,,,,,,,,\n\n", cases[i].word);
		assert_int_equal(parse(text), 0);
		assert_int_equal(found.count, 1);
		assert_int_equal(found.status[0].state, cases[i].state);
		assert_int_equal(found.status[0].changed_ns, 0);
	}
}

static void test_fields(void **state)
{
	(void)state;
	assert_int_equal(parse(SHORT "p,s,UP,2,0,1,2,3,18446744073709551616,4294967296,"
				     "* L7OK,\"say \"\"hi\"\", all\nof it\"\n\n"),
			 0);
	assert_int_equal(found.status[0].changed_ns, 1);
	assert_int_equal(found.status[0].connect_errors, 1);
	assert_int_equal(found.status[0].response_errors, 2);
	assert_int_equal(found.status[0].retries, 3);
	assert_true(found.status[0].redispatches == UINT64_MAX);
	assert_int_equal(found.status[0].queued, UINT32_MAX);
	assert_string_equal(found.status[0].check_status, "L7OK");
	assert_string_equal(found.status[0].check_text, "say \"hi\", all\nof it");
	assert_int_equal(parse(SHORT "p,s,UP,2,-5,-1,x,,,,INI,\n\n"), 0);
	assert_int_equal(found.status[0].changed_ns, 0);
	assert_int_equal(found.status[0].connect_errors, 0);
	assert_string_equal(found.status[0].check_status, "");
}

/* HAProxy forgets a check's result when the next one begins. */
static void test_running_check(void **state)
{
	static const char columns[] =
		"# pxname,svname,status,check_status,check_code,check_duration,last_chk,check_desc\n";
	struct event_backend_status before, now;
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "%sp,s,DOWN,L7STS,500,19,Server Error,Layer7 wrong status\n\n",
		 columns);
	assert_int_equal(parse(text), 0);
	before = found.status[0];
	assert_int_equal(before.header.flags, 0);
	snprintf(text, sizeof(text), "%sp,s,DOWN,* L7STS,0,0,,Layer7 wrong status\n\n", columns);
	assert_int_equal(parse(text), 0);
	now = found.status[0];
	assert_int_equal(now.header.flags, HAPROXY_STATUS_CHECK_RUNS);
	haproxy_status_keep(&now, NULL);
	assert_int_equal(now.header.flags, 0);
	assert_int_equal(now.check_code, 0);
	assert_string_equal(now.check_text, "Layer7 wrong status");
	now = found.status[0];
	haproxy_status_keep(&now, &before);
	assert_int_equal(now.header.flags, 0);
	assert_int_equal(now.check_code, 500);
	assert_int_equal(now.check_duration_ms, 19);
	assert_string_equal(now.check_text, "Server Error");
	/* Of another result nothing is kept, nor when this one is known. */
	strcpy(before.check_status, "L4CON");
	now = found.status[0];
	haproxy_status_keep(&now, &before);
	assert_int_equal(now.check_code, 0);
	assert_int_equal(parse(SHORT "p,s,DOWN,2,,,,,,,L4CON,refused\n\n"), 0);
	now = found.status[0];
	haproxy_status_keep(&now, &before);
	assert_int_equal(now.check_code, 0);
	assert_string_equal(now.check_text, "refused");
}

/* Sockets, frontends and sums are told by their type, and before there was one by their name. */
static void test_others(void **state)
{
	(void)state;
	assert_int_equal(parse(SHORT
			       "p,FRONTEND,OPEN,0,\np,sock-1,OPEN,3,\np,BACKEND,UP,1,\n,s,UP,2,\n"
			       "p,,UP,2,\np,x,UP,2,\n\n"),
			 0);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.status[0].name, "x");
	assert_int_equal(parse("# pxname,svname\np,FRONTEND\np,BACKEND\np,x\n\n"), 0);
	assert_int_equal(found.count, 1);
}

static void test_answers(void **state)
{
	(void)state;
	assert_int_equal(parse(""), -EAGAIN);
	assert_int_equal(parse("Permission denied\n\n"), -EACCES);
	assert_int_equal(parse("Unknown command: 'show stat'\n\n"), -EBADMSG);
	assert_int_equal(parse("# a,b\nc,d\n\n"), -EBADMSG);
	assert_int_equal(parse("# pxname,svname"), -EAGAIN);
	assert_int_equal(parse("# pxname,svname\n"), -EAGAIN);
	assert_int_equal(parse("# pxname,svname\n\n"), 0);
	assert_int_equal(parse("# pxname,svname\np,a\np,b"), -EAGAIN);
	assert_int_equal(found.count, 1);
	assert_int_equal(parse("# pxname,svname\np,\"a\np,b\n\n"), -EAGAIN);
	assert_int_equal(found.count, 0);
	/* The sink ends it. */
	memset(&found, 0, sizeof(found));
	found.result = -EIO;
	assert_int_equal(haproxy_stats_parse(real_stat, sizeof(real_stat) - 1, keep_status, &found),
			 -EIO);
	assert_int_equal(found.count, 1);
}

/* However an answer is cut, what is whole of it is right. */
static void test_cut(void **state)
{
	size_t last = 0;

	(void)state;
	for (size_t length = 0; length < sizeof(real_stat) - 1; length++) {
		assert_int_equal(parse_bytes(real_stat, length), length == 1 ? -EBADMSG : -EAGAIN);
		assert_true(found.count >= last);
		last = found.count;
	}
	assert_int_equal(last, 8);
}

static void test_long(void **state)
{
	static char text[8192];
	size_t used = (size_t)sprintf(text, "# pxname,svname,status,");

	(void)state;
	for (int i = 0; i < 300; i++)
		used += (size_t)sprintf(text + used, "c%d,", i);
	used += (size_t)sprintf(text + used, "weight\n");
	memset(text + used, 'p', 700);
	used += 700;
	used += (size_t)sprintf(text + used, ",s,UP,");
	memset(text + used, ',', 300);
	used += 300;
	memcpy(text + used, "5\n\n", sizeof("5\n\n"));
	assert_int_equal(parse(text), 0);
	assert_int_equal(found.count, 1);
	assert_int_equal(strlen(found.status[0].pool), EVENT_POOL_BYTES - 1);
	assert_int_equal(found.status[0].weight, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real),	cmocka_unit_test(test_states),
		cmocka_unit_test(test_fields),	cmocka_unit_test(test_others),
		cmocka_unit_test(test_answers), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_long),	cmocka_unit_test(test_running_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
