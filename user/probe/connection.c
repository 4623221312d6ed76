// SPDX-License-Identifier: GPL-2.0-only
#include "user/probe/connection.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/lib/clock.h"
#include "user/probe/hello.h"
#include "user/probe/icmp.h"
#include "user/probe/unix_path.h"

#define ALERT_BYTES 7 /* a TLS record of an alert in clear */

static bool is_unix(const struct connection *connection)
{
	return !connection->target->address.family;
}

static int target_family(const struct connection *connection)
{
	if (is_unix(connection))
		return AF_UNIX;
	return connection->target->address.family == 4 ? AF_INET : AF_INET6;
}

static socklen_t target_address(const struct event_address *from, struct sockaddr_storage *to)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (from->family == 4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(from->port);
		memcpy(&in->sin_addr, from->bytes, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(from->port);
	memcpy(&in6->sin6_addr, from->bytes, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

/* --- how it ended --------------------------------------------------------------- */

static void read_tcp_info(const struct connection *connection, struct event_attempt *attempt)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (is_unix(connection) ||
	    getsockopt(connection->socket, IPPROTO_TCP, TCP_INFO, &info, &length))
		return;
	if (!connection->connected) {
		attempt->syn_retransmits = (uint16_t)info.tcpi_total_retrans;
		return;
	}
	attempt->data_retransmits = (uint16_t)info.tcpi_total_retrans;
	attempt->rtt_us = info.tcpi_rtt;
	attempt->mss_bytes = (uint16_t)info.tcpi_snd_mss;
	attempt->bytes_acked = info.tcpi_bytes_acked < attempt->bytes_sent ? info.tcpi_bytes_acked
									   : attempt->bytes_sent;
}

static void read_local(const struct connection *connection, struct event_attempt *attempt)
{
	struct sockaddr_storage local;
	socklen_t length = sizeof(local);

	if (!is_unix(connection) &&
	    !getsockname(connection->socket, (struct sockaddr *)&local, &length))
		attempt->local = icmp_address((struct sockaddr *)&local);
}

/* It is over: `error` is an errno, 0 when it ended well, or out of patience. */
static void finish(struct connection *connection, int error, uint64_t now_ns)
{
	struct event_attempt *attempt = &connection->result->attempt;

	attempt->header.time_ns = now_ns;
	attempt->error = error;
	attempt->bytes_sent = connection->sent;
	attempt->bytes_received = connection->received;
	read_local(connection, attempt);
	read_tcp_info(connection, attempt);
	icmp_read(connection->socket, attempt);
	if ((error == ECONNREFUSED || error == ECONNRESET) && !attempt->icmp_family &&
	    !is_unix(connection)) {
		attempt->header.flags |= ATTEMPT_RESET_RECEIVED;
		attempt->reset_received_ns = now_ns;
	}
	if (connection->sent) {
		attempt->exchanges = 1;
		attempt->sent.kind = connection->target->hello_kind;
		hello_read_answer(connection->head, connection->received, &attempt->received);
		attempt->header.flags |=
			connection->received ? ATTEMPT_ANSWERED : ATTEMPT_EXCHANGE_OPEN;
		if (attempt->received.status >= 500)
			attempt->header.flags |= ATTEMPT_ANSWERED_5XX;
	}
	if (!error && !(attempt->header.flags & ATTEMPT_FIN_RECEIVED))
		attempt->header.flags |= ATTEMPT_CLOSED_BY_OWNER;
	close(connection->socket);
	connection->socket = -1;
}

/* --- its steps ------------------------------------------------------------------- */

static void send_hello(struct connection *connection, uint64_t now_ns)
{
	const struct probe_target *target = connection->target;
	struct event_attempt *attempt = &connection->result->attempt;
	ssize_t sent = send(connection->socket, (const uint8_t *)target->hello + connection->sent,
			    target->hello_bytes - connection->sent, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent < 0) {
		finish(connection, errno, now_ns);
		return;
	}
	if (!connection->sent)
		attempt->request_ns = now_ns;
	connection->sent += (size_t)sent;
}

static void on_connected(struct connection *connection, uint64_t now_ns)
{
	struct event_attempt *attempt = &connection->result->attempt;

	connection->connected = true;
	attempt->header.flags |= ATTEMPT_ESTABLISHED;
	attempt->established_ns = now_ns;
	connection->deadline_ns = now_ns + connection->options->answer_ns;
	if (connection->target->hello)
		send_hello(connection, now_ns);
	else
		finish(connection, 0, now_ns);
}

static void check_connected(struct connection *connection, uint64_t now_ns)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &error, &length))
		error = errno;
	if (error)
		finish(connection, error, now_ns);
	else
		on_connected(connection, now_ns);
}

static bool has_answer(const struct connection *connection)
{
	struct event_payload payload;

	if (connection->received == EVENT_HEAD_BYTES)
		return true;
	hello_read_answer(connection->head, connection->received, &payload);
	return payload.kind == PAYLOAD_TLS_ALERT && payload.length >= ALERT_BYTES;
}

static void receive(struct connection *connection, uint64_t now_ns)
{
	struct event_attempt *attempt = &connection->result->attempt;
	ssize_t got = recv(connection->socket, connection->head + connection->received,
			   sizeof(connection->head) - connection->received, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0) {
		finish(connection, errno, now_ns);
		return;
	}
	if (!got) {
		attempt->header.flags |= ATTEMPT_FIN_RECEIVED;
		attempt->fin_received_ns = now_ns;
		finish(connection, 0, now_ns);
		return;
	}
	if (!connection->received) {
		attempt->response_ns = now_ns;
		if (!connection->sent)
			attempt->header.flags |= ATTEMPT_BEFORE_REQUEST;
	}
	connection->received += (size_t)got;
	if (has_answer(connection))
		finish(connection, 0, now_ns);
}

short connection_events(const struct connection *connection)
{
	if (!connection->connected)
		return POLLOUT;
	return connection->sent < connection->target->hello_bytes ? POLLIN | POLLOUT : POLLIN;
}

void connection_advance(struct connection *connection, short came, uint64_t now_ns)
{
	if (came && !connection->connected)
		check_connected(connection, now_ns);
	else if (came & (POLLIN | POLLERR | POLLHUP))
		receive(connection, now_ns);
	else if (came & POLLOUT)
		send_hello(connection, now_ns);
	if (connection->socket >= 0 && now_ns >= connection->deadline_ns)
		finish(connection, 0, now_ns);
}

/* What is on this very host has answered by now. */
static void look_at_once(struct connection *connection)
{
	struct pollfd polled = { .fd = connection->socket, .events = POLLOUT };

	if (poll(&polled, 1, 0) > 0)
		connection_advance(connection, polled.revents, clock_now_ns());
}

static int start(const struct connection *connection)
{
	struct sockaddr_storage address;
	socklen_t length;

	if (is_unix(connection))
		return unix_path_connect(connection->socket, connection->target->tgid,
					 connection->target->path);
	length = target_address(&connection->target->address, &address);
	return connect(connection->socket, (const struct sockaddr *)&address, length) ? -errno : 0;
}

void connection_begin(struct connection *connection, const struct probe_options *options,
		      const struct probe_target *target, struct probe_result *result)
{
	struct event_attempt *attempt = &result->attempt;
	int err;

	memset(connection, 0, sizeof(*connection));
	memset(result, 0, sizeof(*result));
	connection->options = options;
	connection->target = target;
	connection->result = result;
	connection->socket =
		options->socket(options->context, target->netns, target_family(connection),
				SOCK_STREAM | SOCK_NONBLOCK);
	if (connection->socket < 0) {
		result->err = connection->socket;
		return;
	}
	attempt->header.type = EVENT_ATTEMPT;
	attempt->header.size_bytes = sizeof(*attempt);
	attempt->owner = target->owner;
	attempt->remote = target->address;
	attempt->netns = target->netns;
	attempt->started_ns = clock_now_ns();
	connection->deadline_ns = attempt->started_ns + options->connect_ns;
	icmp_listen(connection->socket, target_family(connection));
	err = start(connection);
	if (!err) {
		on_connected(connection, clock_now_ns());
	} else if (err == -EINPROGRESS) {
		look_at_once(connection);
	} else {
		if (err != -ECONNREFUSED)
			attempt->header.flags |= ATTEMPT_NEVER_SENT;
		finish(connection, -err, clock_now_ns());
	}
}
