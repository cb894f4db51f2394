// Scenes with openai-node.
import { once } from "node:events";
import { isDeepStrictEqual } from "node:util";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { ResponsesWebSocketSession } from "openai/lib/responses/responses-websocket-session";
import { ResponsesWS } from "openai/resources/responses/ws";
import { z } from "zod";
import { all, line, play, refusal, weather } from "./scenes.mjs";

const client = new OpenAI({ baseURL: process.argv[2], maxRetries: 0 });

const getWeather = {
  type: "function",
  name: "get_weather",
  description: "The weather of a city.",
  strict: true,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
};

// answer runs the calls of a response.
const answer = (response) =>
  response.output
    .filter((item) => item.type === "function_call")
    .map((call) => ({ type: "function_call_output", call_id: call.call_id, output: weather(JSON.parse(call.arguments)) }));

const ids = (items) => items.map((item) => item.id);

// ends waits until a response in the background has ended, and tells the statuses that it has been seen with.
async function ends(id) {
  for (const statuses = []; ; ) {
    const response = await client.responses.retrieve(id);
    statuses.push(response.status);
    if (!["queued", "in_progress"].includes(response.status)) return { response, statuses };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

await play({
  async creates(model) {
    const response = await client.responses.create({
      model, instructions: "Be brief.", input: "Say hello.", metadata: { topic: "greeting" }, temperature: 0.5, user: "alice",
    });
    const stream = client.responses.stream({ model, input: "Say it again." });
    const deltas = [];
    stream.on("response.output_text.delta", (event) => deltas.push(event.delta));
    return { response, again: await stream.finalResponse(), deltas };
  },

  async parses(model) {
    const format = zodTextFormat(z.object({ color: z.string(), red: z.number() }), "color");
    const whole = await client.responses.parse({ model, input: "Orange?", text: { format } });
    const streamed = await client.responses.stream({ model, input: "Orange?", text: { format } }).finalResponse();
    return { whole: whole.output_parsed, streamed: streamed.output_parsed };
  },

  // The history is the client's.
  async loops(model) {
    const input = [{ role: "user", content: "Is it raining?" }];
    for (;;) {
      const request = { model, input, tools: [getWeather], store: false, include: ["reasoning.encrypted_content"] };
      const response = await client.responses.stream(request).finalResponse();
      input.push(...response.output);
      const outputs = answer(response);
      if (outputs.length === 0) return { text: response.output_text };
      input.push(...outputs);
    }
  },

  // The history is the gateway's.
  async chains(model) {
    let response = await client.responses.create({ model, instructions: "Be brief.", input: "Is it raining?", tools: [getWeather] });
    const first = response;
    for (let outputs; (outputs = answer(response)).length > 0; ) {
      response = await client.responses.stream({ model, previous_response_id: response.id, input: outputs, tools: [getWeather] }).finalResponse();
    }
    const last = await client.responses.create({ model, previous_response_id: response.id, input: [{ role: "user", content: "Thanks." }] });
    const list = await client.responses.inputItems.list(last.id, { limit: 2 });
    const oldestFirst = await all(client.responses.inputItems.list(last.id, { order: "asc", limit: 3 }));
    const retrieved = await client.responses.retrieve(last.id);
    const reversed = ids(await all(list)).reverse();
    await client.responses.delete(first.id);
    return {
      text: response.output_text, last: last.output_text, retrieved: isDeepStrictEqual(retrieved, last),
      previous: last.previous_response_id === response.id, more: list.has_more, newestFirst: list.data.map(line),
      reversed: JSON.stringify(reversed) === JSON.stringify(ids(oldestFirst)), items: oldestFirst.map(line),
      same: oldestFirst.find((item) => item.type === "function_call").id === first.output.find((item) => item.type === "function_call").id,
      gone: await refusal(client.responses.retrieve(first.id)),
      broken: await refusal(client.responses.create({ model, previous_response_id: first.id, input: "And now?" })),
    };
  },

  async refuses(model) {
    const stored = await client.responses.create({ model, input: "Say hello." });
    const forgotten = await client.responses.create({ model, input: "Say hello.", store: false });
    return {
      store: [stored.store, forgotten.store],
      unknown: await refusal(client.responses.retrieve("resp_unknown")),
      forgotten: await refusal(client.responses.retrieve(forgotten.id)),
      previous: await refusal(client.responses.create({ model, previous_response_id: forgotten.id, input: "Go on." })),
      streamed: await refusal(client.responses.stream({ model, previous_response_id: "resp_unknown", input: "Go on." }).finalResponse()),
      orphan: await refusal(client.responses.create({
        model, previous_response_id: stored.id, input: [{ type: "function_call_output", call_id: "call_9", output: "x" }],
      })),
      reference: await refusal(client.responses.create({ model, input: [{ type: "item_reference", id: "msg_unknown" }] })),
      both: await refusal(client.responses.create({ model, previous_response_id: stored.id, conversation: "conv_1", input: "Go on." })),
      cancel: await refusal(client.responses.cancel(stored.id)),
      replay: await refusal(client.responses.retrieve(stored.id, { stream: true })),
      model: await refusal(client.responses.create({ model: "unknown-model", input: "Say hello." })),
      page: await refusal(client.responses.inputItems.list(stored.id, { limit: 101 })),
    };
  },

  async refers(model) {
    const first = await client.responses.create({ model, input: "Is it raining?", tools: [getWeather] });
    const references = first.output.map(({ id }) => ({ type: "item_reference", id }));
    const input = [{ role: "user", content: "Is it raining?" }, ...references, ...answer(first)];
    const second = await client.responses.create({ model, input, tools: [getWeather] });
    const items = await all(client.responses.inputItems.list(second.id, { order: "asc" }));
    return { text: second.output_text, items: items.map(line) };
  },

  async polls(model) {
    const begun = await client.responses.create({ model, input: "Take your time.", background: true });
    const { response, statuses } = await ends(begun.id);
    return { begun: begun.status, statuses: [...new Set(statuses)], background: response.background, text: response.output_text };
  },

  async resumes(model) {
    const seen = [];
    let id;
    for await (const event of await client.responses.create({ model, input: "Count.", background: true, stream: true })) {
      seen.push(event);
      if (event.type === "response.created") id = event.response.id;
      if (event.type === "response.output_text.delta") break; // and goes away
    }
    const after = seen.at(-1).sequence_number;
    seen.push(...(await all(await client.responses.retrieve(id, { stream: true, starting_after: after }))));
    const replay = await client.responses.stream({ response_id: id, starting_after: after }).finalResponse();
    return {
      types: seen.map((event) => event.type), numbers: seen.every((event, i) => event.sequence_number === i),
      text: seen.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta).join(""), replay: replay.output_text,
      retrieved: (await client.responses.retrieve(id)).output_text,
    };
  },

  async cancels(model) {
    const types = [];
    let id;
    let cancelled;
    for await (const event of await client.responses.create({ model, input: "Never end.", background: true, stream: true })) {
      types.push(event.type);
      if (event.type === "response.created") id = event.response.id;
      if (event.type === "response.output_text.delta") cancelled = await client.responses.cancel(id);
    }
    const again = await client.responses.cancel(id);
    const retrieved = await client.responses.retrieve(id);
    const next = await refusal(client.responses.create({ model, previous_response_id: "resp_unknown", input: "Go on." }));
    return { cancelled: cancelled.status, again: again.status, retrieved: retrieved.status, last: types.at(-1), next };
  },

  async converses(model) {
    const conversation = await client.conversations.create({ metadata: { topic: "weather" }, items: [{ role: "developer", content: "Be brief." }] });
    const updated = await client.conversations.update(conversation.id, { metadata: { topic: "rain" } });
    const retrieved = await client.conversations.retrieve(conversation.id);
    const first = await client.responses.create({ model, conversation: conversation.id, input: "Is it raining?", tools: [getWeather] });
    const second = await client.responses.stream({ model, conversation: { id: conversation.id }, input: answer(first), tools: [getWeather] }).finalResponse();
    const added = await client.conversations.items.create(conversation.id, {
      items: [{ type: "message", role: "user", content: "By the way," }, { type: "message", role: "user", content: [{ type: "input_text", text: "thanks." }] }],
    });
    const items = await all(client.conversations.items.list(conversation.id, { limit: 2, order: "asc" }));
    const [newest] = (await client.conversations.items.list(conversation.id, { limit: 1 })).data;
    const one = await client.conversations.items.retrieve(newest.id, { conversation_id: conversation.id });
    const without = await client.conversations.items.delete(newest.id, { conversation_id: conversation.id });
    const third = await client.responses.create({ model, conversation: conversation.id, input: "Bye." });
    const deleted = await client.conversations.delete(conversation.id);
    return {
      topics: [conversation.metadata.topic, updated.metadata.topic, retrieved.metadata.topic], without: without.id === conversation.id,
      conversation: second.conversation?.id === conversation.id, text: second.output_text, third: third.output_text,
      added: added.data.map(line), items: items.map(line), newest: line(newest), one: line(one), deleted: deleted.deleted,
      gone: await refusal(client.conversations.retrieve(conversation.id)),
      goneItem: await refusal(client.conversations.items.retrieve(newest.id, { conversation_id: conversation.id })),
      broken: await refusal(client.responses.create({ model, conversation: conversation.id, input: "Still there?" })),
    };
  },

  // Nothing is stored: what a response goes on from is remembered by the connection.
  async talks(model) {
    const socket = new ResponsesWS(client);
    await once(socket.socket, "open");
    const session = new ResponsesWebSocketSession(socket, { maxLanes: 3, maxBufferedEvents: 1000, maxBufferedBytes: 1 << 20 });
    const lane = session.lane();
    const ask = (at, request) => {
      at.create({ model, store: false, ...request });
      return at.finalResponse();
    };
    const first = await ask(lane, { input: "Is it raining?", tools: [getWeather] });
    const second = await ask(lane, { previous_response_id: first.id, input: answer(first), tools: [getWeather] });
    const unknown = await ask(session.lane("a"), { previous_response_id: first.id, input: "Go on." }).catch((error) => error.error);
    const third = await ask(session.lane("b"), { input: "Say hello." });
    const forgotten = await refusal(client.responses.retrieve(second.id));
    session.close();
    socket.close();
    return { texts: [second.output_text, third.output_text], unknown, forgotten };
  },

  async compacts(model) {
    const first = await client.responses.create({ model, input: "My name is Ann." });
    const count = await client.responses.inputTokens.count({ model, previous_response_id: first.id, input: "What is my name?" });
    const compacted = await client.responses.compact({ model, previous_response_id: first.id });
    const next = await client.responses.create({ model, input: [...compacted.output, { role: "user", content: "What is my name?" }] });
    return { tokens: count.input_tokens, object: compacted.object, types: compacted.output.map((item) => item.type), text: next.output_text };
  },
});
