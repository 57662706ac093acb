/** What is fetched once somebody has agreed: the conversation, and the room that shows it. */

export { ChatRoom } from "./chat-room.js";
export { Conversation } from "./conversation.js";
