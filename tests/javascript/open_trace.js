/**
 * Opens trace files as the page does. Asked: {files: base64[]}. Answers for each file {error}, or what the page is told
 * of it and its rows of logits on end, as base64 of float32.
 */

import { openTraceFile } from "../../assets/common/trace_file.js";
import { answer, asked } from "./asked.js";

const opened = [];
for (const content of asked().files) {
  try {
    const file = await openTraceFile(new File([Buffer.from(content, "base64")], "trace.json.gz"));
    const { message } = file;
    const rows = message.steps.map((_, index) => Buffer.from(file.logits(index).buffer));
    opened.push({ message, rows: Buffer.concat(rows).toString("base64") });
  } catch (error) {
    opened.push({ error: error.message });
  }
}
answer(opened);
