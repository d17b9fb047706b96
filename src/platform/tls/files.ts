/** Names of the files, and how long a certificate lives. */
export const CA_KEY = 'authority-key.pem'
export const CA = 'authority.pem'
export const LEAF_KEY = 'localhost-key.pem'
export const LEAF = 'localhost.pem'

export const LEAF_DAYS = 90
