import { errorText } from '../base/errors.ts';

/** Why nothing can be posted to a logger's URL; undefined where it can. The text is shown without what could be a secret. */
export function loggerUrlProblem(text: string): { readonly message: string; readonly remedy: string } | undefined {
  const remedy = 'write an http or https URL with a host, such as http://logger.default/';
  try {
    const { protocol } = new URL(text);
    if (protocol === 'http:' || protocol === 'https:') return undefined;
    return { message: `'${shownUrl(text)}' is not a URL of http or https`, remedy };
  } catch (error) {
    return { message: `'${shownUrl(text)}' is no URL (${errorText(error)})`, remedy };
  }
}

/** A URL for messages and logs: what could be a secret, user and password, query and fragment, is left out. */
export function shownUrl(text: string): string {
  return text.replace(/[?#].*$/s, '').replace(/^([^/]*:)?(\/*)[^/]*@/, '$1$2***@');
}
