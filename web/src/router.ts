/** Addresses. A reload or a login ends where it began. */
import { type RouteLocationNormalized, createRouter, createWebHistory } from 'vue-router'
import { useHall } from './stores/hall'
import { useLogin } from './stores/login'

declare module 'vue-router' {
  interface RouteMeta {
    readonly open?: boolean
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'home', component: () => import('./screens/HomeScreen.vue') },
    { path: '/login', name: 'login', component: () => import('./screens/LoginScreen.vue'), meta: { open: true } },
    { path: '/live/:opening', name: 'live', component: () => import('./screens/BroadcastScreen.vue'), props: true, meta: { open: true } },
    { path: '/notices', name: 'notices', component: () => import('./screens/public/NoticesScreen.vue'), meta: { open: true } },
    { path: '/notices/:tender', name: 'notice', component: () => import('./screens/public/NoticeScreen.vue'), props: true, meta: { open: true } },
    { path: '/calendar', name: 'calendar', component: () => import('./screens/public/CalendarScreen.vue'), meta: { open: true } },
    { path: '/check', name: 'check', component: () => import('./screens/CheckScreen.vue'), meta: { open: true } },
    { path: '/inbox', name: 'inbox', component: () => import('./screens/InboxScreen.vue') },
    { path: '/centre/:tab?/:party?', name: 'centre', component: () => import('./screens/centre/CentreScreen.vue'), props: true },
    { path: '/agency', name: 'agency', component: () => import('./screens/agency/AgencyScreen.vue') },
    { path: '/agency/:tender', name: 'prepare', component: () => import('./screens/agency/PrepareScreen.vue'), props: true },
    { path: '/tenders/:tender', name: 'tender', component: () => import('./screens/TenderScreen.vue'), props: true },
    { path: '/tenders/:tender/evaluation', name: 'evaluation', component: () => import('./screens/evaluation/EvaluationScreen.vue'), props: true },
    { path: '/tenders/:tender/supervision', name: 'supervision', component: () => import('./screens/supervision/SupervisionScreen.vue'), props: true, meta: { open: true } },
    { path: '/tenders/:tender/award', name: 'award', component: () => import('./screens/award/AwardScreen.vue'), props: true, meta: { open: true } },
    { path: '/openings/:opening', name: 'opening', component: () => import('./screens/OpeningScreen.vue'), props: true },
    { path: '/openings/:opening/replay', name: 'replay', component: () => import('./screens/ReplayScreen.vue'), props: true },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

let started: Promise<void> | null = null

router.beforeEach(async (to: RouteLocationNormalized) => {
  const login = useLogin()
  started ??= start()
  await started
  if (to.meta.open === true || login.me !== null) return true
  return { name: 'login', query: to.fullPath === '/' ? {} : { to: to.fullPath } }
})

async function start(): Promise<void> {
  await Promise.all([useHall().load(), useLogin().resume()])
}
