/** IANA "BGP Path Attributes", as far as they are met. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'ORIGIN',
  2: 'AS_PATH',
  3: 'NEXT_HOP',
  4: 'MULTI_EXIT_DISC',
  5: 'LOCAL_PREF',
  6: 'ATOMIC_AGGREGATE',
  7: 'AGGREGATOR',
  8: 'COMMUNITIES',
  9: 'ORIGINATOR_ID',
  10: 'CLUSTER_LIST',
  14: 'MP_REACH_NLRI',
  15: 'MP_UNREACH_NLRI',
  16: 'EXTENDED COMMUNITIES',
  17: 'AS4_PATH',
  18: 'AS4_AGGREGATOR',
  25: 'IPv6 EXTENDED COMMUNITIES',
  26: 'AIGP',
  32: 'LARGE_COMMUNITY',
  35: 'OTC',
  40: 'BGP Prefix-SID',
  128: 'ATTR_SET',
}

/** `ORIGIN`, `attribute 99`; 0 is the list as a whole. */
export function attributeName(code: number): string {
  return code === 0 ? 'Path Attributes' : (NAMES[code] ?? `attribute ${code}`)
}
