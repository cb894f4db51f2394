// Scenes with OpenAI's Agents SDK.
import {
  Agent, OpenAIConversationsSession, OpenAIResponsesCompactionSession, Runner, handoff, setDefaultOpenAIClient, setTracingDisabled, tool,
  withResponsesWebSocketSession,
} from "@openai/agents";
import OpenAI from "openai";
import { WebSocket } from "ws";
import { z } from "zod";
import { all, play, refusal, weather } from "./scenes.mjs";

const client = new OpenAI({ baseURL: process.argv[2], maxRetries: 0 });
setDefaultOpenAIClient(client);
setTracingDisabled(true);
globalThis.WebSocket ??= WebSocket; // Node.js has its own from 22 on

const getWeather = tool({
  name: "get_weather", description: "The weather of a city.", parameters: z.object({ city: z.string() }), execute: async (args) => weather(args),
});

const forecaster = (model, settings) =>
  new Agent({ name: "Forecaster", instructions: "Be brief.", model, tools: [getWeather], modelSettings: { toolChoice: "auto" }, ...settings });

const runner = new Runner();

await play({
  async runs(model) {
    const result = await runner.run(forecaster(model), "Is it raining in Ulm?");
    const { inputTokens, requests } = result.runContext.usage;
    return { text: result.finalOutput, items: result.newItems.map((item) => item.type), inputTokens, requests, id: result.lastResponseId };
  },

  async streams(model) {
    const result = await runner.run(forecaster(model), "Is it raining in Ulm?", { stream: true });
    const events = await all(result);
    await result.completed;
    return {
      text: result.finalOutput, kinds: [...new Set(events.map((event) => event.type))], items: events.filter((event) => event.name).map((event) => event.name),
      deltas: events.filter((event) => event.data?.type === "output_text_delta").map((event) => event.data.delta),
    };
  },

  async "hands-off"(model) {
    const tailor = new Agent({ name: "Tailor", instructions: "Answer with clothes.", model, outputType: z.object({ clothes: z.array(z.string()) }) });
    const clerk = Agent.create({ name: "Clerk", instructions: "Find who can help.", model, handoffs: [handoff(tailor)] });
    const result = await runner.run(clerk, "It rains. What do I wear?");
    return { output: result.finalOutput, agent: result.lastAgent.name, items: result.newItems.map((item) => item.type) };
  },

  // Each turn goes on from the response before, and so does each call within a turn.
  async continues(model) {
    const first = await runner.run(forecaster(model), "Is it raining in Ulm?");
    const second = await runner.run(forecaster(model), "And in Bonn?", { previousResponseId: first.lastResponseId });
    const streamed = await runner.run(forecaster(model), "Thanks.", { previousResponseId: second.lastResponseId, stream: true });
    await streamed.completed;
    return {
      texts: [first.finalOutput, second.finalOutput, streamed.finalOutput],
      gone: await refusal(runner.run(forecaster(model), "And now?", { previousResponseId: "resp_unknown" })),
    };
  },

  // The history is the client's: it comes back whole.
  async replays(model) {
    const agent = forecaster(model, { modelSettings: { store: false, providerData: { include: ["reasoning.encrypted_content"] } } });
    const first = await runner.run(agent, "Is it raining in Ulm?");
    const second = await runner.run(agent, [...first.history, { role: "user", content: "And in Bonn?" }]);
    return { texts: [first.finalOutput, second.finalOutput] };
  },

  async converses(model) {
    const { id: conversationId } = await client.conversations.create();
    const first = await runner.run(forecaster(model), "Is it raining in Ulm?", { conversationId });
    const second = await runner.run(forecaster(model), "Thanks.", { conversationId, stream: true });
    await second.completed;
    const items = await all(client.conversations.items.list(conversationId, { order: "asc" }));
    return { texts: [first.finalOutput, second.finalOutput], items: items.map((item) => item.type) };
  },

  // The SDK keeps the history in a conversation, and sends it whole.
  async remembers(model) {
    const session = new OpenAIConversationsSession();
    const first = await runner.run(forecaster(model), "Is it raining in Ulm?", { session });
    const second = await runner.run(forecaster(model), "Thanks.", { session });
    const items = await session.getItems();
    const [last] = await session.getItems(1);
    const popped = await session.popItem();
    const left = await session.getItems();
    await session.clearSession();
    return {
      texts: [first.finalOutput, second.finalOutput], items: items.map((item) => item.type ?? "message"), popped: popped.id === last.id, left: left.length,
    };
  },

  // All of it goes over one connection.
  async talks(model) {
    const texts = await withResponsesWebSocketSession(
      async ({ run }) => {
        const first = await run(forecaster(model), "Is it raining in Ulm?");
        const second = await run(forecaster(model), "And in Bonn?", { previousResponseId: first.lastResponseId, stream: true });
        await second.completed;
        return [first.finalOutput, second.finalOutput];
      },
      { providerOptions: { baseURL: client.baseURL, apiKey: client.apiKey } },
    );
    return { texts };
  },

  async "gpt-compacts"(model) {
    const session = new OpenAIResponsesCompactionSession({ model, shouldTriggerCompaction: ({ sessionItems }) => sessionItems.length > 3 });
    const first = await runner.run(forecaster(model), "Is it raining in Ulm?", { session });
    const items = await session.getItems();
    const second = await runner.run(forecaster(model), "Where?", { session });
    return { texts: [first.finalOutput, second.finalOutput], items: items.map((item) => item.type) };
  },
});
