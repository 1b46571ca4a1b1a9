/* The floor of `menshen bench mqtt`: an MQTT client with next to nothing around libmosquitto.

   echo  HOST PORT              send everything from bench/ping back on bench/pong; print "ready"
                                 once the broker has the subscription
   drive HOST PORT COUNT DEPTH  send COUNT pings, DEPTH of them under way at a time, and print
                                 each round trip in nanoseconds, then the whole time taken

   Everything travels at QoS 1 over sockets with TCP_NODELAY. */

#define _POSIX_C_SOURCE 200809L
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAYLOAD 200 /* bytes: a reading of the native protocol */

struct drive {
    long count, depth, sent, received;
    long long *sent_at, *took;
};

static long long now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static void fail(const char *what, int code)
{
    fprintf(stderr, "%s: %s\n", what, mosquitto_strerror(code));
    exit(1);
}

static void publish(struct mosquitto *client, const char *topic, const void *data, int size)
{
    int code = mosquitto_publish(client, NULL, topic, size, data, 1, false);
    if (code != MOSQ_ERR_SUCCESS)
        fail("publish", code);
}

static void echo(struct mosquitto *client, void *unused, const struct mosquitto_message *message)
{
    (void)unused;
    publish(client, "bench/pong", message->payload, message->payloadlen);
}

static void send_one(struct mosquitto *client, struct drive *drive)
{
    char payload[PAYLOAD];
    memset(payload, ' ', sizeof payload);
    memcpy(payload, &drive->sent, sizeof drive->sent);
    drive->sent_at[drive->sent++] = now_ns();
    publish(client, "bench/ping", payload, sizeof payload);
}

static void came_back(struct mosquitto *client, void *state, const struct mosquitto_message *message)
{
    struct drive *drive = state;
    long number = 0;
    memcpy(&number, message->payload, sizeof number);
    drive->took[drive->received++] = now_ns() - drive->sent_at[number];
    if (drive->sent < drive->count)
        send_one(client, drive);
}

static void subscribed(struct mosquitto *client, void *state, int id, int n, const int *granted)
{
    (void)client, (void)id, (void)n, (void)granted;
    *(int *)state = 1;
}

static void ready(struct mosquitto *client, void *unused, int id, int n, const int *granted)
{
    (void)client, (void)unused, (void)id, (void)n, (void)granted;
    puts("ready");
    fflush(stdout);
}

static struct mosquitto *connect_to(const char *host, int port, const char *topic, void *state)
{
    struct mosquitto *client = mosquitto_new(NULL, true, state);
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_max_inflight_messages_set(client, 100);
    int code = mosquitto_connect(client, host, port, 60);
    if (code == MOSQ_ERR_SUCCESS)
        code = mosquitto_subscribe(client, NULL, topic, 1);
    if (code != MOSQ_ERR_SUCCESS)
        fail("connect", code);
    return client;
}

static int drive(const char *host, int port, long count, long depth)
{
    int ready = 0, code = 0;
    struct drive state = {count, depth, 0, 0, NULL, NULL};
    struct mosquitto *client = connect_to(host, port, "bench/pong", &ready);
    state.sent_at = calloc(count, sizeof *state.sent_at);
    state.took = calloc(count, sizeof *state.took);
    if (!state.sent_at || !state.took)
        return 1;
    mosquitto_subscribe_callback_set(client, subscribed);
    while (!ready && (code = mosquitto_loop(client, 100, 1)) == MOSQ_ERR_SUCCESS)
        ;
    mosquitto_user_data_set(client, &state);
    mosquitto_message_callback_set(client, came_back);
    long long began = now_ns();
    for (long first = 0; first < depth && first < count; first++)
        send_one(client, &state);
    while (code == MOSQ_ERR_SUCCESS && state.received < count)
        code = mosquitto_loop(client, 1000, 1);
    if (code != MOSQ_ERR_SUCCESS)
        fail("drive", code);
    for (long at = 0; at < count; at++)
        printf("%lld\n", state.took[at]);
    printf("%lld\n", now_ns() - began);
    return 0;
}

int main(int argc, char **argv)
{
    mosquitto_lib_init();
    if (argc == 4 && strcmp(argv[1], "echo") == 0) {
        struct mosquitto *client = connect_to(argv[2], atoi(argv[3]), "bench/ping", NULL);
        mosquitto_subscribe_callback_set(client, ready);
        mosquitto_message_callback_set(client, echo);
        return mosquitto_loop_forever(client, 1000, 1);
    }
    if (argc == 6 && strcmp(argv[1], "drive") == 0)
        return drive(argv[2], atoi(argv[3]), atol(argv[4]), atol(argv[5]));
    fprintf(stderr, "usage: echo|drive HOST PORT [COUNT DEPTH]\n");
    return 2;
}
