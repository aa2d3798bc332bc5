/** Where somebody was before they had to sign in. Pure. */

/**
 * `address`: of the page that signs in; its `?to=` is on this server, beneath `home`, or nowhere:
 * an address may come from anybody.
 */
export function wayBack(address, home) {
  try {
    const wanted = new URL(address.searchParams.get("to") ?? "", home);
    wanted.hash ||= address.hash; // browsers carry it over a redirect
    const here = wanted.origin === home.origin && wanted.pathname.startsWith(home.pathname);
    return here ? wanted : home;
  } catch {
    return home; // it is no address
  }
}
