/**
 * Holds the task and spelling that the tab's two views share. The columns' view sets them, the evaluation reads them.
 */

/** @type {{form: import("./task_form.js").TaskForm | null, spelling: () => string}} */
export const shared = { form: null, spelling: () => "space" };
