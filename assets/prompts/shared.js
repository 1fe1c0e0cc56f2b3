/** What the tab's two views know of each other: the task being compared. Set by the columns' view, read by the other. */

/** @type {{form: import("./task_form.js").TaskForm | null, spelling: () => string}} */
export const shared = { form: null, spelling: () => "space" };
